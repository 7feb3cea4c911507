CREATE TYPE variable_category AS ENUM ('terraform', 'env');

CREATE TABLE variables (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    category variable_category NOT NULL DEFAULT 'terraform',
    key text NOT NULL,
    description text NOT NULL DEFAULT '',
    sensitive boolean NOT NULL DEFAULT false,
    value text,
    value_encrypted text,
    UNIQUE (workspace_id, category, key),
    CONSTRAINT variables_value_in_one_place CHECK (CASE WHEN sensitive THEN value IS NULL ELSE value_encrypted IS NULL END)
);
COMMENT ON COLUMN variables.value_encrypted IS 'Vault Transit ciphertext of a sensitive value; blank values stand as they are';
