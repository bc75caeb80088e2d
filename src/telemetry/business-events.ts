interface BusinessEvent {
  /** The help text of the metric. */
  readonly help: string
  readonly labels: readonly string[]
}

const byActor = (help: string): BusinessEvent => ({ help, labels: ['by'] })

/** The counted events; each is the metric `clientele_<event>_total`. A test finds events that are missing here or in docs/operations.md. */
export const businessEvents: Readonly<Record<string, BusinessEvent>> = {
  registration: { help: 'Registrations at the public listener, by verdict: allow or deny.', labels: ['verdict'] },
  client_registered: byActor('Clients that registered themselves.'),
  client_created: byActor('Clients that an administrator created.'),
  client_updated: byActor('Clients that were changed.'),
  client_deleted: byActor('Clients that were deleted.'),
  secret_rotated: byActor('Client secrets that were rotated.'),
  rotated_secrets_forgotten: byActor('Clients whose rotated secrets were revoked.'),
  registration_token_issued: byActor('Registration access tokens that an administrator replaced.'),
  token_issued: { help: 'Issued access tokens, by grant type.', labels: ['grant_type'] },
  token_revoked: { help: 'Revocations of tokens by their client.', labels: [] },
  tokens_ended: byActor('Revocations of all access tokens of a client.'),
  sign_in: { help: 'Sign-in attempts on the built-in page, by outcome: right, wrong or wait.', labels: ['outcome'] },
  consents_withdrawn: byActor('Withdrawals of consents.'),
  sessions_ended: byActor('Terminations of login sessions by an administrator.'),
  key_created: byActor('Signing keys that were created.'),
  keys_imported: byActor('Imports of signing keys.'),
  keys_deleted: byActor('Deletions of signing keys.'),
  logout_delivered: { help: 'Logout tokens delivered to clients.', labels: [] },
  logout_delivery_failed: { help: 'Failed attempts to deliver a logout token.', labels: [] },
  logout_delivery_given_up: { help: 'Logout tokens that were not delivered within a day.', labels: [] },
  database_outcome_unknown: { help: 'Transactions whose commit was sent to PostgreSQL and not confirmed.', labels: [] },
  request_refused: { help: 'Requests refused or failed, by face and reason.', labels: ['face', 'reason'] },
  connection_closed: {
    help: 'Connections closed at a limit, by listener and reason: full, address, pipelining, chunks or stalled.',
    labels: ['listener', 'reason'],
  },
  job_failed: { help: 'Runs of background jobs that failed.', labels: ['job'] },
  log_line_lost: { help: 'Log lines lost because the log was not read, or could not be written.', labels: [] },
  config_reloaded: { help: 'Configuration changes that were applied.', labels: [] },
  config_refused: { help: 'Configuration changes that were refused as invalid.', labels: [] },
}
