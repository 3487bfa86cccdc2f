-- 2 of 4: database, schema, warehouse, stage, and the table to train on. Run after compute_pool.sql.

USE ROLE SYSADMIN;

CREATE DATABASE IF NOT EXISTS ML_DEMO_DB;
CREATE SCHEMA IF NOT EXISTS ML_DEMO_DB.ML_DEMO_SCHEMA;
USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA;

-- Runs the SQL of the jobs: generating rows and reading them. Waiting for a job needs no warehouse.
CREATE WAREHOUSE IF NOT EXISTS ML_DEMO_WH
  WAREHOUSE_SIZE = XSMALL
  AUTO_SUSPEND = 60
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE;
USE WAREHOUSE ML_DEMO_WH;

-- Holds the payload (@ML_DEMO_STAGE/payload), trained models (/models) and results of jobs (/results).
-- A stage that a container mounts must be encrypted on Snowflake's side: SNOWFLAKE_SSE, not the default SNOWFLAKE_FULL.
CREATE STAGE IF NOT EXISTS ML_DEMO_STAGE
  ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')
  COMMENT = 'payload, models and results of the weekly_retrain example';

-- The table's columns. Its rows, with a signal whose best achievable AUC is known (0.8204), come from
--   python payload/generate_data.py --rows 10000000
-- or from the first task of the DAG; both replace the table, with SQL that runs inside Snowflake.
CREATE TABLE IF NOT EXISTS LOAN_APPLICATIONS (
  APPLICATION_ID NUMBER(38, 0),
  AGE FLOAT,
  INCOME FLOAT,
  CREDIT_SCORE FLOAT,
  EMPLOYMENT_LENGTH FLOAT,
  LOAN_AMOUNT FLOAT,
  DEBT_TO_INCOME FLOAT,
  NUMBER_OF_CREDIT_LINES FLOAT,
  PREVIOUS_DEFAULTS FLOAT,
  LOAN_PURPOSE VARCHAR,
  IS_DEFAULT BOOLEAN,
  CREATED_AT TIMESTAMP_NTZ
);
