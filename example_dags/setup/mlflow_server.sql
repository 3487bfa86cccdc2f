-- Optional, for `train.py --tracking mlflow`: an MLflow server as a service. Run after generate_data.sql.
--
-- Push MLflow's public image first: `docker tag` it as <repository_url>/mlflow:3, where SHOW IMAGE REPOSITORIES tells the
-- repository_url, `docker login` and `docker push`. Jobs of the same schema reach the server at http://mlflow-server:5000,
-- people at the address that SHOW ENDPOINTS IN SERVICE MLFLOW_SERVER tells, after a login to Snowflake.

USE ROLE ACCOUNTADMIN;
-- A public endpoint is for those with a role that may use the service, not for everybody.
GRANT BIND SERVICE ENDPOINT ON ACCOUNT TO ROLE SYSADMIN;

USE ROLE SYSADMIN;
USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA;
CREATE IMAGE REPOSITORY IF NOT EXISTS ML_DEMO_IMAGES;

-- It keeps a node of the pool awake, which is billed: ALTER SERVICE MLFLOW_SERVER SUSPEND stops it and keeps its records.
CREATE SERVICE IF NOT EXISTS MLFLOW_SERVER
  IN COMPUTE POOL ML_DEMO_POOL
  FROM SPECIFICATION $$
spec:
  containers:
    - name: server
      image: /ml_demo_db/ml_demo_schema/ml_demo_images/mlflow:3
      command: [mlflow, server]
      args:
        - --host=0.0.0.0
        - --port=5000
        - --workers=1
        # Experiments and metrics: a database writes at random places, which a block volume takes and a stage does not.
        - --backend-store-uri=sqlite:////mlflow/store/mlflow.db
        # Models and reports: whole files, which a stage keeps for other tools to read.
        - --artifacts-destination=/mlflow/artifacts
        # Whom the server answers; the first two are jobs, the last are people.
        - --allowed-hosts=mlflow-server:5000,mlflow-server.*,*.snowflakecomputing.app
      readinessProbe: {port: 5000, path: /health}
      resources:
        requests: {cpu: "0.5", memory: 2Gi}
      volumeMounts:
        - {name: store, mountPath: /mlflow/store}
        - {name: artifacts, mountPath: /mlflow/artifacts}
  endpoints:
    - {name: web, port: 5000, public: true}
  volumes:
    - {name: store, source: block, size: 10Gi}
    - name: artifacts
      source: stage
      stageConfig: {name: "@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE/mlflow"}
$$
  MIN_INSTANCES = 1
  MAX_INSTANCES = 1
  COMMENT = 'experiment tracking of the examples';
