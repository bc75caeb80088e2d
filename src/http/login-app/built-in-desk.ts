import type { AskedConsent } from '../../core/authorization/answer-consent.ts'
import type { AskedLogin } from '../../core/authorization/answer-login.ts'
import type { ConsentDecision, LoginDecision, Rejection } from '../../core/authorization/authorization-flow.ts'
import type { ChallengeRefusal, WayBack } from '../../core/authorization/challenge.ts'
import { isVerified, standingOf } from '../../core/clients/standing.ts'
import { resumeUrl } from '../../core/authorization/resume-url.ts'
import type { AskedLogout, LogoutChallengeRefusal } from '../../core/logout/answer-logout.ts'
import { Refusal } from '../../lib/refusal.ts'
import { isLoopbackRedirect } from '../../protocol/redirect-uri.ts'
import { redirectHost } from '../html/redirect-host.ts'
import { speechOf } from './client-texts.ts'
import type { ConsentView, LoginView, SignInDesk } from './sign-in-desk.ts'

/** The acts behind the admin listener's routes for login, consent and logout applications. */
export interface DeskActs {
  readonly findLogin: (challenge: string) => Promise<AskedLogin>
  readonly acceptLogin: (challenge: string, accepted: Omit<LoginDecision, 'kind' | 'at'>) => Promise<WayBack>
  readonly rejectLogin: (challenge: string, rejected: Omit<Rejection, 'kind'>) => Promise<WayBack>
  readonly findConsent: (challenge: string) => Promise<AskedConsent>
  readonly acceptConsent: (challenge: string, accepted: Omit<ConsentDecision, 'kind' | 'at'>) => Promise<WayBack>
  readonly rejectConsent: (challenge: string, rejected: Omit<Rejection, 'kind'>) => Promise<WayBack>
  readonly findLogout: (challenge: string) => Promise<AskedLogout>
  /** The address that the browser goes on to. */
  readonly acceptLogout: (challenge: string) => Promise<string>
}

const denied = { error: 'access_denied', description: 'The resource owner denied the request.' }

/** The login application of our own uses the acts that any other one uses, without the detour over HTTP. */
export function builtInDesk(acts: DeskActs): SignInDesk {
  return {
    findLogin: async (challenge) => known(acts.findLogin(challenge), loginView),
    acceptLogin: async (challenge, { subject, remember, amr }) => {
      const rest = { rememberFor: 0, extendSessionLifespan: false, acr: '', context: null, forceSubjectIdentifier: '' }
      return resumeUrl(await acts.acceptLogin(challenge, { subject, remember, amr, ...rest }))
    },
    rejectLogin: async (challenge) => resumeUrl(await acts.rejectLogin(challenge, denied)),
    findConsent: async (challenge) => known(acts.findConsent(challenge), consentView),
    acceptConsent: async (challenge, { grantScope, grantAudience, remember, idTokenClaims }) => {
      const rest = { rememberFor: 0, accessTokenClaims: {}, context: null }
      return resumeUrl(await acts.acceptConsent(challenge, { grantScope, grantAudience, remember, idTokenClaims, ...rest }))
    },
    rejectConsent: async (challenge) => resumeUrl(await acts.rejectConsent(challenge, denied)),
    findLogout: async (challenge) =>
      known(acts.findLogout(challenge), ({ request, client }) => ({
        client: client && speechOf(client),
        subject: request.asked.subject,
      })),
    acceptLogout: (challenge) => acts.acceptLogout(challenge),
    // Nothing ends, and the request stays as it was.
    rejectLogout: async () => {},
  }
}

const gone = ['challenge-unknown', 'challenge-expired', 'logout-challenge-unknown', 'logout-challenge-expired']

async function known<Asked, View>(asked: Promise<Asked>, view: (asked: Asked) => View): Promise<View | undefined> {
  try {
    return view(await asked)
  } catch (error) {
    const reason = error instanceof Refusal ? (error.reason as ChallengeRefusal | LogoutChallengeRefusal) : undefined
    if (reason && gone.includes(reason.kind)) return undefined
    throw error
  }
}

const loginView = ({ flow }: AskedLogin): LoginView => ({
  redirectHost: redirectHost(flow.request.redirectUri),
  skip: flow.session.known !== undefined,
  subject: flow.session.known?.subject ?? '',
  loginHint: flow.request.oidcContext.loginHint,
  uiLocales: flow.request.oidcContext.uiLocales ?? [],
})

const consentView = ({ flow, login, skip, client }: AskedConsent): ConsentView => ({
  ...speechOf(client),
  verified: isVerified(client),
  consentOnDevice: standingOf(client).consentOnDevice,
  redirectHost: redirectHost(flow.request.redirectUri),
  isLoopback: isLoopbackRedirect(flow.request.redirectUri),
  firstSeen: client.createdAt,
  requestedScope: flow.request.scope,
  requestedAudience: flow.request.audience,
  // What is not asked again is what the person agreed to before, or what the operator says need not be asked.
  skip: skip || client.settings.skipConsent === true,
  subject: login.subject,
  uiLocales: flow.request.oidcContext.uiLocales ?? [],
  context: login.context,
})
