-- 3 of 4: what a container needs to clone a private repository. Run after generate_data.sql.
--
-- Fill in before running:
--   <github_token>  a personal access token that may read the repository, and nothing else
--   <github_host>   host, or host:port, of the repository: github.com:443

USE ROLE SYSADMIN;
USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA;

-- The token lives in Snowflake alone. A job's specification names the secret; the container gets its value as a file or
-- an environment variable, and neither Airflow nor the repository ever holds it.
CREATE OR REPLACE SECRET ML_DEMO_GIT_TOKEN
  TYPE = GENERIC_STRING
  SECRET_STRING = '<github_token>'
  COMMENT = 'reads the repository of the payload';

-- Without this a container reaches nothing outside Snowflake.
CREATE OR REPLACE NETWORK RULE GITHUB_NETWORK_RULE
  MODE = EGRESS
  TYPE = HOST_PORT
  VALUE_LIST = ('<github_host>');

-- Creating an integration takes CREATE INTEGRATION ON ACCOUNT, which ACCOUNTADMIN has.
USE ROLE ACCOUNTADMIN;

CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION GITHUB_EAI
  ALLOWED_NETWORK_RULES = (ML_DEMO_DB.ML_DEMO_SCHEMA.GITHUB_NETWORK_RULE)
  ALLOWED_AUTHENTICATION_SECRETS = (ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_GIT_TOKEN)
  ENABLED = TRUE;

GRANT USAGE ON INTEGRATION GITHUB_EAI TO ROLE SYSADMIN;
