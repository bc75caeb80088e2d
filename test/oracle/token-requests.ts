import { redirectUriOf } from './clients.ts'
import type { Errand } from './token.ts'

type Run = (errand: Errand) => Promise<unknown>

const withoutProofKey = { code_challenge: undefined, code_challenge_method: undefined }
const shortVerifier = 'a'.repeat(42)
const otherVerifier = 'b'.repeat(43)
const assertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const machine = { grant_type: 'client_credentials', scope: 'notes.read' }
const basicAuth = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

const formOf = (fields: Record<string, string>): string => String(new URLSearchParams(fields))

/** What is sent to both sides: a request that is in order, but for what its name says. */
// biome-ignore format: a table
export const tokenRequests: Readonly<Record<string, Run>> = {
  'code of basic':                       async (e) => e.redeem('basic', await e.code('basic')),
  'code of post':                        async (e) => e.redeem('post', await e.code('post')),
  'code of public':                      async (e) => e.redeem('public', await e.code('public')),
  'code of two':                         async (e) => e.redeem('two', await e.code('two')),
  'code of loopback':                    async (e) => e.redeem('loopback', await e.code('loopback')),
  'code of codes, which may not refresh': async (e) => e.redeem('codes', await e.code('codes')),
  'code for the second redirect URI':    async (e) => e.redeem('two', await e.code('two', { redirect_uri: 'https://two.example/other?part=1' }), { redirect_uri: 'https://two.example/other?part=1' }),
  'code for a port of loopback':         async (e) => e.redeem('loopback', await e.code('loopback', { redirect_uri: 'http://127.0.0.1:49152/cb' }), { redirect_uri: 'http://127.0.0.1:49152/cb' }),
  'code for another port of loopback':   async (e) => e.redeem('loopback', await e.code('loopback', { redirect_uri: 'http://127.0.0.1:49152/cb' }), { redirect_uri: 'http://127.0.0.1:49153/cb' }),
  'code without offline_access':         async (e) => e.redeem('basic', await e.code('basic', { scope: 'openid notes.read' })),
  'code without openid':                 async (e) => e.redeem('basic', await e.code('basic', { scope: 'notes.read' })),
  'code with a scope beside it':         async (e) => e.redeem('basic', await e.code('basic'), { scope: 'openid' }),

  'nobody says who it is':               async (e) => e.redeem('basic', await e.code('basic'), {}, 'nobody'),
  'secret of basic in the form':         async (e) => e.redeem('basic', await e.code('basic'), {}, 'post'),
  'secret of post in the header':        async (e) => e.redeem('post', await e.code('post'), {}, 'basic'),
  'no secret, of a confidential client': async (e) => e.redeem('basic', await e.code('basic'), {}, 'id'),
  'an empty secret':                     async (e) => e.redeem('post', await e.code('post'), { client_secret: '' }),
  'a secret of a public client':         async (e) => e.redeem('public', await e.code('public'), { client_secret: 'a-secret' }),
  'Basic of a public client':            (e) => e.send({ method: 'POST', headers: basicAuth(`${e.idOf('public')}:`), form: { ...machine } }),
  'wrong secret by Basic':               (e) => e.ask('basic', machine, 'basic', 'wrong'),
  'wrong secret in the form':            (e) => e.ask('post', { grant_type: 'refresh_token', refresh_token: 'x' }, 'post', 'wrong'),
  'secret of another client':            (e) => e.ask('basic', machine, 'basic', e.secretOf('post')),
  'unknown client by Basic':             (e) => e.send({ method: 'POST', basic: ['nobody', 'secret'], form: machine }),
  'unknown client in the form':          (e) => e.send({ method: 'POST', form: { ...machine, client_id: 'nobody' } }),
  'Basic and the secret in the form':    (e) => e.ask('basic', { ...machine, client_id: e.idOf('basic'), client_secret: e.secretOf('basic') }),
  'Basic and its own client_id':         (e) => e.ask('basic', { ...machine, client_id: e.idOf('basic') }),
  'Basic and the client_id of another':  (e) => e.ask('basic', { ...machine, client_id: e.idOf('post') }),
  'Basic that is no Base64':             (e) => e.send({ method: 'POST', headers: { authorization: 'Basic !!!' }, form: machine }),
  'Basic without a colon':               (e) => e.send({ method: 'POST', headers: basicAuth('nothing'), form: machine }),
  'Bearer in place of Basic':            (e) => e.send({ method: 'POST', bearer: 'x', form: machine }),
  'an assertion that is garbage':        (e) => e.ask('public', { ...machine, client_assertion_type: assertion, client_assertion: 'garbage' }),
  'an assertion of an unknown type':     (e) => e.ask('public', { ...machine, client_assertion_type: 'x', client_assertion: 'garbage' }),
  'client_id doubled':                   (e) => e.ask('public', { grant_type: 'refresh_token', refresh_token: 'x', client_id: [e.idOf('public'), e.idOf('public')] }),
  'client_secret doubled':               (e) => e.ask('post', { grant_type: 'refresh_token', refresh_token: 'x', client_secret: [e.secretOf('post'), 'x'] }),

  'code missing':                        (e) => e.ask('basic', { grant_type: 'authorization_code', redirect_uri: redirectUriOf('basic') }),
  'code empty':                          (e) => e.redeem('basic', ''),
  'code unknown':                        (e) => e.redeem('basic', 'unknown'),
  'code doubled':                        async (e) => { const code = await e.code('basic'); return e.redeem('basic', code, { code: [code, code] }) },
  'code of another client':              async (e) => e.redeem('two', await e.code('basic'), { redirect_uri: redirectUriOf('basic') }),
  'code of another client, then its own': async (e) => { const code = await e.code('basic'); await e.redeem('two', code, { redirect_uri: redirectUriOf('basic') }); return e.redeem('basic', code) },
  'code twice':                          async (e) => { const code = await e.code('basic'); await e.redeem('basic', code); return e.redeem('basic', code) },
  'code twice, then refresh':            async (e) => { const code = await e.code('basic'); const { json } = await e.redeem('basic', code); await e.redeem('basic', code); return e.refresh('basic', json.refresh_token) },
  'code twice, of another client then':  async (e) => { const code = await e.code('basic'); await e.redeem('basic', code); return e.redeem('two', code, { redirect_uri: redirectUriOf('basic') }) },
  'code twice, with a wrong verifier then': async (e) => { const code = await e.code('basic'); await e.redeem('basic', code); return e.redeem('basic', code, { code_verifier: otherVerifier }) },

  'redirect_uri missing':                async (e) => e.redeem('basic', await e.code('basic'), { redirect_uri: undefined }),
  'redirect_uri missing, two':           async (e) => e.redeem('two', await e.code('two'), { redirect_uri: undefined }),
  'redirect_uri missing, no proof key':  async (e) => e.redeem('basic', await e.code('basic', withoutProofKey), { redirect_uri: undefined, code_verifier: undefined }),
  'redirect_uri wrong':                  async (e) => e.redeem('basic', await e.code('basic'), { redirect_uri: 'https://evil.example/cb' }),
  'redirect_uri, the other of two':      async (e) => e.redeem('two', await e.code('two'), { redirect_uri: 'https://two.example/other?part=1' }),
  'redirect_uri wrong, then right':      async (e) => { const code = await e.code('basic'); await e.redeem('basic', code, { redirect_uri: 'https://evil.example/cb' }); return e.redeem('basic', code) },
  'redirect_uri doubled':                async (e) => e.redeem('basic', await e.code('basic'), { redirect_uri: [redirectUriOf('basic'), redirectUriOf('basic')] }),

  'verifier missing':                    async (e) => e.redeem('public', await e.code('public'), { code_verifier: undefined }),
  'verifier empty':                      async (e) => e.redeem('public', await e.code('public'), { code_verifier: '' }),
  'verifier short':                      async (e) => e.redeem('public', await e.code('public'), { code_verifier: shortVerifier }),
  'verifier long':                       async (e) => e.redeem('public', await e.code('public'), { code_verifier: 'a'.repeat(129) }),
  'verifier of signs':                   async (e) => e.redeem('public', await e.code('public'), { code_verifier: `${'a'.repeat(43)}!` }),
  'verifier wrong':                      async (e) => e.redeem('public', await e.code('public'), { code_verifier: otherVerifier }),
  'verifier wrong, then right':          async (e) => { const code = await e.code('public'); await e.redeem('public', code, { code_verifier: otherVerifier }); return e.redeem('public', code) },
  'verifier missing, of basic':          async (e) => e.redeem('basic', await e.code('basic'), { code_verifier: undefined }),
  'verifier without a challenge':        async (e) => e.redeem('basic', await e.code('basic', withoutProofKey)),
  'neither challenge nor verifier':      async (e) => e.redeem('basic', await e.code('basic', withoutProofKey), { code_verifier: undefined }),
  'verifier doubled':                    async (e) => e.redeem('public', await e.code('public'), { code_verifier: [otherVerifier, otherVerifier] }),

  'refresh of basic':                    async (e) => e.refresh('basic', await e.refreshToken('basic')),
  'refresh of public':                   async (e) => e.refresh('public', await e.refreshToken('public')),
  'refresh for less':                    async (e) => e.refresh('basic', await e.refreshToken('basic'), { scope: 'openid' }),
  'refresh for less, then for all':      async (e) => { const { json } = await e.refresh('basic', await e.refreshToken('basic'), { scope: 'openid offline_access' }); return e.refresh('basic', json.refresh_token) },
  'refresh for more':                    async (e) => e.refresh('basic', await e.refreshToken('basic'), { scope: 'openid nuclear.launch' }),
  'refresh for more, then in order':     async (e) => { const token = await e.refreshToken('basic'); await e.refresh('basic', token, { scope: 'openid nuclear.launch' }); return e.refresh('basic', token) },
  'refresh for more than was granted':   async (e) => { const { json } = await e.redeem('basic', await e.code('basic', { scope: 'openid offline_access' })); return e.refresh('basic', json.refresh_token, { scope: 'openid offline_access notes.read' }) },
  'refresh token missing':               (e) => e.ask('basic', { grant_type: 'refresh_token' }),
  'refresh token empty':                 (e) => e.refresh('basic', ''),
  'refresh token unknown':               (e) => e.refresh('basic', 'unknown'),
  'refresh token of another client':     async (e) => e.refresh('two', await e.refreshToken('basic')),
  'refresh of another client, then in order': async (e) => { const token = await e.refreshToken('basic'); await e.refresh('two', token); return e.refresh('basic', token) },
  'refresh twice':                       async (e) => { const token = await e.refreshToken('basic'); await e.refresh('basic', token); return e.refresh('basic', token) },
  'refresh twice, then the new one':     async (e) => { const token = await e.refreshToken('public'); const { json } = await e.refresh('public', token); await e.refresh('public', token); return e.refresh('public', json.refresh_token) },
  'refresh with an access token':        async (e) => { const { json } = await e.redeem('basic', await e.code('basic')); return e.refresh('basic', json.access_token) },
  'refresh token as a code':             async (e) => e.redeem('basic', await e.refreshToken('basic')),
  'code as a refresh token':             async (e) => e.refresh('basic', await e.code('basic')),
  'refresh token doubled':               async (e) => { const token = await e.refreshToken('basic'); return e.refresh('basic', token, { refresh_token: [token, token] }) },
  'refresh of a client that may not':    (e) => e.refresh('codes', 'unknown'),

  'client credentials':                  (e) => e.ask('basic', machine),
  'client credentials without scope':    (e) => e.ask('basic', { grant_type: 'client_credentials' }),
  'client credentials, unknown scope':   (e) => e.ask('basic', { ...machine, scope: 'nuclear.launch' }),
  'client credentials, scope doubled':   (e) => e.ask('basic', { ...machine, scope: ['notes.read', 'notes.read'] }),
  'client credentials of one that may not': (e) => e.ask('post', machine),
  'client credentials of a public one':  (e) => e.ask('public', machine),
  'client credentials, foreign resource': (e) => e.ask('basic', { ...machine, resource: 'https://api.example/' }),

  'grant_type missing':                  (e) => e.ask('basic', { code: 'x' }),
  'grant_type empty':                    (e) => e.ask('basic', { grant_type: '', code: 'x' }),
  'grant_type unknown':                  (e) => e.ask('basic', { grant_type: 'wish' }),
  'grant_type unknown, wrong secret':    (e) => e.ask('basic', { grant_type: 'wish' }, 'basic', 'wrong'),
  'grant_type password':                 (e) => e.ask('basic', { grant_type: 'password', username: 'a', password: 'b' }),
  'grant_type implicit':                 (e) => e.ask('basic', { grant_type: 'implicit' }),
  'grant_type doubled':                  (e) => e.ask('basic', { ...machine, grant_type: ['client_credentials', 'client_credentials'] }),
  'a parameter nobody knows, doubled':   (e) => e.ask('basic', { ...machine, what_is_this: ['x', 'y'] }),

  'an empty form':                       (e) => e.send({ method: 'POST', form: {} }),
  'no body':                             (e) => e.send({ method: 'POST' }),
  'a JSON body':                         (e) => e.send({ method: 'POST', json: machine, basic: ['basic', 'x'] }),
  'a JSON body, in order':               (e) => e.send({ method: 'POST', json: machine, basic: [e.idOf('basic'), e.secretOf('basic')] }),
  'a form without its type':             (e) => e.send({ method: 'POST', body: formOf(machine), basic: [e.idOf('basic'), e.secretOf('basic')] }),
  'parameters in the query':             (e) => e.send({ method: 'POST', basic: [e.idOf('basic'), e.secretOf('basic')] }, `?${formOf(machine)}`),
  'GET':                                 (e) => e.send({ basic: [e.idOf('basic'), e.secretOf('basic')] }, `?${formOf(machine)}`),
  'PUT':                                 (e) => e.send({ method: 'PUT', form: machine, basic: [e.idOf('basic'), e.secretOf('basic')] }),
}
