-- The database and who may do what in it; may be run again. psql variables: password, web_password.
-- `happ` owns the tables: it migrates, and its workers make and drop the partitions of attempts.
-- `happ_web` is what web signs in as: it reads and writes rows, and changes no table.
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['happ', 'happ_web']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE happ PASSWORD :'password';
ALTER ROLE happ_web PASSWORD :'web_password';
-- Else a statement that fails may be written to the server's log with the message it carries.
ALTER ROLE happ SET log_min_error_statement = 'panic';
ALTER ROLE happ_web SET log_min_error_statement = 'panic';

SELECT 'CREATE DATABASE happ OWNER happ' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'happ') \gexec
REVOKE ALL ON DATABASE happ FROM PUBLIC;
GRANT CONNECT ON DATABASE happ TO happ_web;

\connect happ
GRANT USAGE ON SCHEMA public TO happ_web;
ALTER DEFAULT PRIVILEGES FOR ROLE happ IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO happ_web;
ALTER DEFAULT PRIVILEGES FOR ROLE happ IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO happ_web;
