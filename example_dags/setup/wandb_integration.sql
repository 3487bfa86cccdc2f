-- Optional, for `train.py --tracking wandb`: the way to Weights & Biases, and the key. Run after generate_data.sql.
--
-- Fill in before running:
--   <wandb_api_key>  of the account or team that the runs belong to

USE ROLE SYSADMIN;
USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA;

-- The key lives in Snowflake alone: the job's specification names the secret, the container gets its value.
CREATE OR REPLACE SECRET ML_DEMO_WANDB_KEY
  TYPE = GENERIC_STRING
  SECRET_STRING = '<wandb_api_key>'
  COMMENT = 'records trainings in Weights & Biases';

-- Metrics go to the first, files to the second.
CREATE OR REPLACE NETWORK RULE WANDB_NETWORK_RULE
  MODE = EGRESS
  TYPE = HOST_PORT
  VALUE_LIST = ('api.wandb.ai:443', 'storage.googleapis.com:443');

USE ROLE ACCOUNTADMIN;

CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION WANDB_EAI
  ALLOWED_NETWORK_RULES = (ML_DEMO_DB.ML_DEMO_SCHEMA.WANDB_NETWORK_RULE)
  ALLOWED_AUTHENTICATION_SECRETS = (ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_WANDB_KEY)
  ENABLED = TRUE;

GRANT USAGE ON INTEGRATION WANDB_EAI TO ROLE SYSADMIN;
