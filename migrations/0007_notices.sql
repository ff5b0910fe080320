-- Notices to people, and text messages on their way out.

CREATE TABLE notice (
    person_id bigint NOT NULL,
    notice_id bigint NOT NULL,
    template text NOT NULL,
    parameters jsonb NOT NULL,
    text_state text NOT NULL CHECK (text_state IN ('none','waiting','no_phone','sent','failed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, notice_id)
);
COMMENT ON TABLE notice IS 'What a person was told, by template; the words are made when they are read.';
COMMENT ON COLUMN notice.person_id IS 'The person; random, 53 bits; distribution key.';
COMMENT ON COLUMN notice.notice_id IS 'Identity; grows with time.';
COMMENT ON COLUMN notice.template IS 'Which template.';
COMMENT ON COLUMN notice.parameters IS 'What the template is filled with: codes and times, no personal data.';
COMMENT ON COLUMN notice.text_state IS 'none: shown in the app only; waiting, sent or failed as a text message; no_phone: there is none to send it to.';
COMMENT ON COLUMN notice.created_at IS 'When the person was told.';
CREATE TABLE text_message (
    message_id bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('code','notice')),
    phone_sealed bytea NOT NULL,
    words_sealed bytea NOT NULL,
    recipient_id bigint,
    notice_id bigint,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    attempts smallint NOT NULL,
    CHECK ((recipient_id IS NULL) = (notice_id IS NULL)),
    CHECK ((kind = 'notice') = (notice_id IS NOT NULL))
);
CREATE INDEX text_message_next_idx ON text_message (next_at);
COMMENT ON TABLE text_message IS 'Text messages waiting for the gateway; a row goes when its message is sent or given up.';
COMMENT ON COLUMN text_message.message_id IS 'Identity; the gateway is told it, so that it can drop what it had already.';
COMMENT ON COLUMN text_message.kind IS 'code: a one-time code; notice: words of a notice.';
COMMENT ON COLUMN text_message.phone_sealed IS 'Sealed phone number to send to.';
COMMENT ON COLUMN text_message.words_sealed IS 'Sealed text in both languages.';
COMMENT ON COLUMN text_message.recipient_id IS 'The person whose notice it is; null for a code.';
COMMENT ON COLUMN text_message.notice_id IS 'The notice; null for a code.';
COMMENT ON COLUMN text_message.created_at IS 'When it was written.';
COMMENT ON COLUMN text_message.expires_at IS 'From when on it is not worth sending.';
COMMENT ON COLUMN text_message.next_at IS 'When it is tried next; moved on while a node is sending it.';
COMMENT ON COLUMN text_message.attempts IS 'Tries so far.';
