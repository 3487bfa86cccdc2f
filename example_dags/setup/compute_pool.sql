-- 1 of 4: the compute pool, where jobs run.
--
-- Run the files of this folder in alphabetical order: compute_pool.sql, generate_data.sql, github_integration.sql, then,
-- to train by hand, submit_job.sql. Each may be run again at any time.
--
-- ACCOUNTADMIN may create compute pools; another role needs CREATE COMPUTE POOL ON ACCOUNT. SYSADMIN is the role that
-- owns the data and the jobs in this example: write your own in its place here and in the other files.

USE ROLE ACCOUNTADMIN;

-- HIGHMEM_X64_S has 6 vCPU and 58 GiB of memory. For some thousand rows CPU_X64_S is enough and costs less.
-- The pool starts with the first job and stops ten minutes after the last: an idle node is billed like a busy one.
CREATE COMPUTE POOL IF NOT EXISTS ML_DEMO_POOL
  MIN_NODES = 1
  MAX_NODES = 10
  INSTANCE_FAMILY = HIGHMEM_X64_S
  AUTO_RESUME = TRUE
  INITIALLY_SUSPENDED = TRUE
  AUTO_SUSPEND_SECS = 600
  COMMENT = 'weekly_retrain example';

GRANT USAGE, MONITOR ON COMPUTE POOL ML_DEMO_POOL TO ROLE SYSADMIN;
