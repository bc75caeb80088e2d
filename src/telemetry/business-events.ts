interface BusinessEvent {
  /** One sentence for the page of metrics. */
  readonly help: string
  readonly labels: readonly string[]
}

const byActor = (help: string): BusinessEvent => ({ help, labels: ['by'] })

/** What rooms count, each shown as `clientele_<event>_total`. A test finds what is counted and missing here, or in docs/operations.md. */
export const businessEvents: Readonly<Record<string, BusinessEvent>> = {
  registration: { help: 'Registrations at the public listener, by verdict: allow or deny.', labels: ['verdict'] },
  client_registered: byActor('Clients that registered themselves.'),
  client_created: byActor('Clients that an administrator made.'),
  client_updated: byActor('Clients that were changed.'),
  client_deleted: byActor('Clients that were deleted.'),
  secret_rotated: byActor('Client secrets that were rotated.'),
  rotated_secrets_forgotten: byActor('Clients whose earlier secrets were ended.'),
  registration_token_issued: byActor('Registration access tokens that an administrator replaced.'),
  token_issued: { help: 'Access tokens, by grant.', labels: ['grant_type'] },
  token_revoked: { help: 'Access tokens that their client ended.', labels: [] },
  tokens_ended: byActor('Clients whose tokens were all ended.'),
  sign_in: { help: 'Passwords that were judged on the built-in page, by outcome: right, wrong or wait.', labels: ['outcome'] },
  consents_withdrawn: byActor('Withdrawals of what persons granted.'),
  sessions_ended: byActor('Endings of login sessions by an administrator.'),
  key_created: byActor('Signing keys that were made.'),
  keys_imported: byActor('Writes of signing keys that were brought along.'),
  keys_deleted: byActor('Deletions of signing keys.'),
  logout_delivered: { help: 'Logouts that a client was told of.', labels: [] },
  logout_delivery_failed: { help: 'Attempts to tell a client of a logout that failed.', labels: [] },
  logout_delivery_given_up: { help: 'Logouts that a client was not told of within a day.', labels: [] },
  database_outcome_unknown: { help: 'Acts whose commit was sent to PostgreSQL and never answered.', labels: [] },
  request_refused: { help: 'Requests refused or failed, by face and reason.', labels: ['face', 'reason'] },
  connection_closed: {
    help: 'Connections closed at a bound, by listener and reason: full, address, pipelining, chunks or stalled.',
    labels: ['listener', 'reason'],
  },
  job_failed: { help: 'Runs of background jobs that failed.', labels: ['job'] },
  log_line_lost: { help: 'Log lines that were lost because nobody reads the log, or it cannot be written.', labels: [] },
  config_reloaded: { help: 'Changed configurations that were taken.', labels: [] },
  config_refused: { help: 'Changed configurations that were refused.', labels: [] },
}
