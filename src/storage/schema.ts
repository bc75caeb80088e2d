/**
 * The tables, as types. Times are milliseconds since 1970 UTC, hashes are base64url text, lists and objects are JSON text:
 * the same on every database. `docs/storage.md` says which module owns each table and how long its rows are kept.
 */
export interface Schema {
  clients: ClientRow
  removed_clients: RemovedClientRow
  registration_access_tokens: RegistrationAccessTokenRow
  access_tokens: AccessTokenRow
  revoked_tokens: RevokedTokenRow
  client_assertions: ClientAssertionRow
  signing_keys: SigningKeyRow
  audit_records: AuditRow
  authorization_flows: AuthorizationFlowRow
  login_sessions: LoginSessionRow
  session_clients: SessionClientRow
  grants: GrantRow
  authorization_codes: AuthorizationCodeRow
  refresh_tokens: RefreshTokenRow
  logout_requests: LogoutRequestRow
  logout_deliveries: LogoutDeliveryRow
  subject_generations: SubjectGenerationRow
  removals: RemovalRow
}

export interface ClientRow {
  client_id: string
  /** Counts the writes of this row: an update names the version it saw, so that two cannot mix. */
  version: number
  origin: string
  client_name: string
  owner: string
  /** The client's own metadata: `ClientMetadata`. */
  metadata: string
  /** The operator's settings for it: `ClientSettings`. */
  settings: string
  secret_hash: string | null
  /** The hashes of earlier secrets that still work, newest first. */
  rotated_secret_hashes: string
  created_at: number
  updated_at: number
  /** The hash of the approved terms that an administrator wrote last; null where none did. */
  verified_terms: string | null
  /** The `jti` of a JWT access token of this client names a later time, or the token is dead. */
  tokens_valid_after: number
  /** What it registered for the signatures of its ID tokens and its userinfo; null for the default. */
  id_token_alg: string | null
  userinfo_alg: string | null
  /** Null for a client that is there. A removed one is invisible to every read until a job has removed what depends on it, and the row. */
  removed_at: number | null
  /** Only what carries the same generation counts. */
  generation: number
  /** Only opaque access tokens that carry the same epoch count. */
  token_epoch: number
}

/** What a new client under the id of a removed one starts with: times alone do not distinguish the two. */
export interface RemovedClientRow {
  client_id: string
  tokens_valid_after: number
  generation: number
  expires_at: number
}

export interface RegistrationAccessTokenRow {
  client_id: string
  hash: string
  created_at: number
}

export interface AccessTokenRow {
  hash: string
  client_id: string
  subject: string
  scope: string
  audience: string
  issued_at: number
  expires_at: number
  /** What a person granted; null for a token that a client got for itself. */
  grant_id: string | null
  /** What the consent added for resource servers: JSON. */
  ext: string | null
  obfuscated_subject: string | null
  /** The client's when the token was issued, and so on: it counts while all three are what client and grant have now. */
  generation: number
  token_epoch: number
  grant_epoch: number
}

export interface ClientAssertionRow {
  /** Of the client's id and the assertion's `jti`. */
  hash: string
  expires_at: number
}

/** A JWT access token that was revoked before its time. */
export interface RevokedTokenRow {
  jti: string
  /** The token's own `exp`: what has expired needs no list. */
  expires_at: number
}

export interface SigningKeyRow {
  kid: string
  set_name: string
  alg: string
  public_jwk: string
  /** The private key, sealed under `secrets.system` with the `kid` as associated data; empty for a key whose private half is elsewhere. */
  sealed_private_jwk: string
  created_at: number
  /** 1 for the oldest key of its set; the newest has the highest. */
  position: number
  signs_from: number
  /** From then on it signs nothing. */
  retired_at: number | null
  /** No token that it signed expires later. */
  last_expiry: number | null
}

export interface AuditRow {
  id: string
  at: number
  event: string
  client_id: string
  actor: string
  facts: string
  expires_at: number
}

/** The way of one browser from the authorization request to the code. Challenges, verifiers and CSRF values are hashes. */
export interface AuthorizationFlowRow {
  id: string
  client_id: string
  /** The client's when the browser began. */
  generation: number
  address: string
  created_at: number
  expires_at: number
  request: string
  session: string
  login_challenge: string
  login_csrf: string
  login: string | null
  login_verifier: string | null
  /** Null also where the login was rejected: that costs an attacker nothing. */
  login_accepted_at: number | null
  login_spent_at: number | null
  consent_challenge: string | null
  consent_csrf: string | null
  consent_skip: number
  consent: string | null
  consent_verifier: string | null
  consent_spent_at: number | null
}

/** Who is logged in at a browser. The browser holds the id sealed. */
export interface LoginSessionRow {
  id: string
  subject: string
  authenticated_at: number
  expires_at: number
  /** The person's in `subject_generations` when it began: it counts while that is the same. */
  sessions: number
}

/** A client that took part in a login session. */
export interface SessionClientRow {
  session_id: string
  client_id: string
  /** The client's when it took part. */
  generation: number
  /** When the client was last given a code in the session. */
  used_at: number
  /** Of the session. */
  expires_at: number
}

export interface GrantRow {
  id: string
  client_id: string
  subject: string
  session_id: string
  scope: string
  audience: string
  claims: string
  authentication: string
  consent: string
  /** 1 where the person was not asked, because of a remembered consent. */
  consent_skipped: number
  /** A hash of what the consent page showed of the client: for another client under the same id the person is asked again. */
  terms: string
  /** Until then the person is not asked again; null if the consent is not remembered. */
  remembered_until: number | null
  granted_at: number
  expires_at: number
  /** From then on none of its tokens is valid; the remembered consent stays. */
  tokens_ended_at: number | null
  /** From then on nothing of it is. */
  withdrawn_at: number | null
  /** The client's when it was granted. */
  generation: number
  /** The sum of the person's in `subject_generations`, for this client and for all, when it was granted. */
  consents: number
  /** Only opaque access tokens that carry the same epoch count. */
  access_epoch: number
}

/** How often the consents or sessions of a person were ended, for one client, or for all where `client_id` is empty. */
export interface SubjectGenerationRow {
  subject: string
  client_id: string
  consents: number
  sessions: number
}

/** What a mark has ended and a job is to remove. */
export interface RemovalRow {
  kind: 'client' | 'grant' | 'consents' | 'sessions'
  /** A client, a grant or a person, by kind. */
  name: string
  /** Of consents: for which client; empty for all, and for other kinds. */
  client_id: string
  /** Rows with an older one are to be removed. */
  generation: number
  /** Before that it is left alone. */
  due_at: number
}

export interface AuthorizationCodeRow {
  hash: string
  grant_id: string
  /** As the authorization request had it; null where it had none. */
  redirect_uri: string | null
  code_challenge: string | null
  expires_at: number
  spent_at: number | null
}

export interface RefreshTokenRow {
  hash: string
  grant_id: string
  /** The access token that came with it: the hash of an opaque one, the `jti` of a JWT. */
  access_token: string
  access_expires_at: number
  issued_at: number
  expires_at: number
  spent_at: number | null
  /** How often it was used again within the grace period. */
  reuses: number
}

export interface LogoutRequestRow {
  id: string
  session_id: string
  challenge: string
  request: string
  verifier: string | null
  created_at: number
  expires_at: number
  spent_at: number | null
}

/** A logout token that is still to be sent to a client. */
export interface LogoutDeliveryRow {
  id: string
  client_id: string
  /** The client's when the session ended: a later client under its id gets none. */
  generation: number
  sid: string
  subject: string | null
  attempts: number
  /** The earliest time of the next attempt; while one is under way, the end of its lease. */
  next_at: number
  created_at: number
  expires_at: number
}
