-- 4 of 4: train once by hand, from a payload on a stage; the DAG weekly_retrain does the same every week.
-- Run after generate_data.sql, and after the table has rows: the job fails on an empty one.
--
-- Fill in before running:
--   <payload_dir>  absolute path of the folder payload/ on this machine

USE ROLE SYSADMIN;
USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA;

-- PUT needs a client with files: `snow sql -f submit_job.sql`, or Snowsight's upload button instead.
PUT 'file://<payload_dir>/*.py' @ML_DEMO_STAGE/payload AUTO_COMPRESS = FALSE OVERWRITE = TRUE;

-- Drop the job of an earlier run first: a job's name is taken for as long as the job is kept.
DROP SERVICE IF EXISTS ML_DEMO_JOB;

-- The image is Snowflake's container runtime: Python with Snowpark, snowflake-ml-python, scikit-learn and XGBoost.
-- Choose its newest tag, or an image of your own; payload/ wants XGBoost 3.1 or newer.
EXECUTE JOB SERVICE
  IN COMPUTE POOL ML_DEMO_POOL
  NAME = ML_DEMO_JOB
  QUERY_WAREHOUSE = ML_DEMO_WH
  COMMENT = 'train by hand'
  FROM SPECIFICATION $$
spec:
  containers:
    - name: main
      image: /snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0
      command: [python, /opt/payload/train.py]
      args: [--source_table, loan_applications, --output_dir, /opt/models/by_hand]
      resources:
        requests: {cpu: "1", memory: 4Gi}
        limits: {cpu: "6", memory: 56Gi}
      volumeMounts:
        - {name: payload, mountPath: /opt/payload}
        - {name: models, mountPath: /opt/models}
  volumes:
    - name: payload
      source: stage
      stageConfig: {name: "@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE/payload"}
    - name: models
      source: stage
      stageConfig: {name: "@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE/models"}
$$;

SELECT SYSTEM$GET_SERVICE_LOGS('ML_DEMO_JOB', 0, 'main', 100);

LIST @ML_DEMO_STAGE/models/by_hand;
