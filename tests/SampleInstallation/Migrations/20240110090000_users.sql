CREATE TYPE user_role AS ENUM ('reader', 'writer', 'admin');

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    role user_role NOT NULL DEFAULT 'reader',
    password_hash text NOT NULL,
    otp_secret_encrypted text,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Names differ in more than their case.
CREATE UNIQUE INDEX users_name ON users (lower(name));
COMMENT ON COLUMN users.otp_secret_encrypted IS 'Vault Transit ciphertext; blank means that two-factor authentication is off';
