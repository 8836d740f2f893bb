import '../support/loopback-only.js'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createMachine } from '../support/command-line.js'
import { createBrowser, startOidcProvider } from '../support/oidc-provider.js'

/** Signing in, against a real provider; the broker here only shows which token came. */

const provider = await startOidcProvider()
t.teardown(() => provider.close())

/** A broker that knows nobody but keeps the tokens that it was sent. */
async function startBroker(t: Test) {
  const tokens: string[] = []
  let refuse = 0
  const server = createServer((request, response) => {
    request.resume()
    tokens.push(request.headers.authorization?.replace('Bearer ', '') ?? '')
    const { sub } = JSON.parse(
      Buffer.from(tokens.at(-1)!.split('.')[1] ?? '', 'base64url').toString() || '{}',
    ) as { sub?: string }
    if ((refuse -= 1) >= 0)
      return void response
        .writeHead(401, { 'content-type': 'application/json' })
        .end(JSON.stringify({ code: 'unauthenticated', detail: 'It is too old.' }))
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        subject: `corp#${sub}`,
        issuer: provider.issuer,
        kind: 'person',
        groups: [],
        claims: {},
        address: '127.0.0.1',
        networks: [],
        auditor: false,
        operator: false,
        expiresAt: '2026-11-22T10:00:00.000Z',
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens,
    refuseNext: (times: number) => (refuse = times),
  }
}

async function machineOf(t: Test, more: Readonly<Record<string, string>> = {}) {
  const broker = await startBroker(t)
  const machine = createMachine(t, { BROWSER: '/bin/true' })
  const folder = join(machine.home, '.config', 'stint')
  mkdirSync(folder, { recursive: true })
  const { issuer, clientId, resource } = provider
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ url: broker.url, issuer, clientId, resource, ...more }),
  )
  return { broker, ...machine }
}

type Machine = Awaited<ReturnType<typeof machineOf>>

/** Signs in as far as something is to be opened; `pattern` finds it in what is said. */
async function login({ start }: Machine, args = ['login'], pattern = /(http:\/\/\S+\/auth\?\S+)\n/) {
  const child = start(args)
  const closed = once(child, 'close') as Promise<[number]>
  let said = ''
  child.stderr!.on('data', (part) => (said += String(part)))
  while (!pattern.test(said)) await once(child.stderr!, 'data')
  const [, url = '', code = ''] = pattern.exec(said) ?? []
  return { url, code, end: async () => ({ code: (await closed)[0], err: said }) }
}

const signInFolder = (home: string) => join(home, '.local', 'state', 'stint', 'sign-in')

t.test(
  'in a browser: PKCE, state, nonce and the exact redirect; then renewed, rotated, and taken back',
  async (t) => {
    const machine = await machineOf(t)
    const { run, home, broker } = machine
    t.match(await run(['whoami']), {
      code: 4,
      out: '',
      err: /^stint: You are not signed in\. Sign in: stint login\n$/,
    })
    t.equal(broker.tokens.length, 0)

    provider.lifetime = 31
    const under = await login(machine)
    const query = new URL(under.url).searchParams
    t.match(query.get('redirect_uri'), /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    for (const name of ['state', 'nonce', 'code_challenge']) t.match(query.get(name), /^[\w-]{43}$/, name)
    t.equal(query.get('code_challenge_method'), 'S256')
    const redirect = query.get('redirect_uri')!
    t.equal((await fetch(`${redirect}?code=x&state=forged`)).status, 404, 'a forged answer is none')
    t.equal((await fetch(redirect.replace('callback', ''))).status, 404)
    const page = await createBrowser()(under.url)
    t.match(page.text, /go back to the terminal/)
    const done = await under.end()
    t.match(done, { code: 0, err: /Signed in\.\nThe token is in .*mode 0600.*renewed by itself/ })
    const [file = ''] = readdirSync(signInFolder(home))
    t.equal(statSync(join(signInFolder(home), file)).mode & 0o777, 0o600)
    const kept = () =>
      JSON.parse(readFileSync(join(signInFolder(home), file), 'utf8')) as {
        token: string
        refreshToken: string
        expiresAt: number
      }
    t.notMatch(done.err, kept().token)
    const first = kept()

    // It lives for 31 seconds, which is soon over: many at once renew it once.
    const change = (more: object) =>
      writeFileSync(join(signInFolder(home), file), JSON.stringify({ ...kept(), ...more }))
    provider.lifetime = 3_600
    change({ expiresAt: Date.now() - 1 })
    const before = provider.asked['refresh_token'] ?? 0
    const runs = await Promise.all([1, 2, 3].map(() => run(['whoami'])))
    t.same(
      runs.map(({ code }) => code),
      [0, 0, 0],
      runs.map(({ err }) => err).join(),
    )
    t.match(runs[0]!.out, /corp#ana[^]*a sign-in at http/)
    t.equal(provider.asked['refresh_token'], before + 1)
    t.not(kept().refreshToken, first.refreshToken, 'the refresh token is rotated')
    t.not(kept().token, first.token)

    // A broker that refuses a token is asked once more with a new one, and not for ever.
    const held = kept().token
    broker.refuseNext(1)
    t.match(await run(['whoami']), { code: 0 })
    t.not(kept().token, held)
    broker.refuseNext(9)
    t.match(await run(['whoami']), { code: 4, err: /It is too old/ })
    broker.refuseNext(0)

    // The token is this broker's: another address gets none, whoever names it.
    const other = await startBroker(t)
    t.match(await run(['whoami', '--url', other.url]), { code: 4 })
    t.equal(other.tokens.length, 0)

    const refreshToken = kept().refreshToken
    chmodSync(join(signInFolder(home), file), 0o640)
    t.match(await run(['whoami']), { code: 9, err: /read or was written by others/ })
    chmodSync(join(signInFolder(home), file), 0o600)
    t.match(await run(['logout']), { code: 0, err: /Signed out, and the refresh token is taken back/ })
    t.notOk(existsSync(join(signInFolder(home), file)))
    writeFileSync(
      join(signInFolder(home), file),
      JSON.stringify({
        ...first,
        refreshToken,
        expiresAt: 0,
        name: JSON.stringify([broker.url, provider.issuer, provider.clientId]),
      }),
      { mode: 0o600 },
    )
    t.match(await run(['whoami']), { code: 4, err: /sign-in is over/ }, 'it is taken back at the issuer too')
    t.match(await run(['logout']), { code: 0, err: /were not signed in/ })
  },
)

t.test('--login signs in where that is needed, and nowhere else does a browser open', async (t) => {
  const machine = await machineOf(t, { token: 'id' })
  const opened = join(machine.home, 'opened')
  const opener = join(machine.home, 'browser')
  writeFileSync(opener, `#!/bin/sh\necho "$1" > ${opened}\n`, { mode: 0o755 })
  machine.env['BROWSER'] = opener
  t.match(await machine.run(['whoami']), { code: 4 })
  t.notOk(existsSync(opened))
  const under = await login(machine, ['whoami', '--login'])
  await createBrowser()(under.url)
  t.match(await under.end(), { code: 0 })
  t.ok(existsSync(opened))
  const claims = JSON.parse(
    Buffer.from(machine.broker.tokens.at(-1)!.split('.')[1]!, 'base64url').toString(),
  ) as object
  t.match(claims, { aud: provider.clientId }, 'the ID token, where that is what the broker takes')
})

t.test('by a code on another device', async (t) => {
  const machine = await machineOf(t)
  const under = await login(machine, ['login', '--device'], /open (\S+) and type (\S+)\n/)
  const visit = createBrowser()
  const fields = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    )
  const asked = await visit(under.url)
  const confirm = await visit(under.url, { ...fields(asked.text), user_code: under.code })
  await visit(under.url, { ...fields(confirm.text), user_code: under.code, confirm: 'yes' })
  t.match(await under.end(), { code: 0, err: /Signed in/ })
  t.match(await machine.run(['whoami']), { code: 0, out: /corp#ana/ })
})

t.test('what cannot sign anybody in says why', async (t) => {
  const { run, home, broker } = await machineOf(t)
  const settings = join(home, '.config', 'stint', 'config.json')
  writeFileSync(settings, JSON.stringify({ url: broker.url }))
  t.match(await run(['login']), { code: 9, err: /Who signs you in\? Put `issuer`/ })
  t.match(await run(['login'], { STINT_ISSUER: 'http://login.example.com', STINT_CLIENT_ID: 'x' }), {
    code: 2,
    err: /must be https/,
  })
  t.match(await run(['login'], { STINT_ISSUER: broker.url, STINT_CLIENT_ID: 'x' }), {
    code: 10,
    err: /cannot be used/,
  })
  t.match(await run(['login', '--device'], { STINT_ISSUER: provider.issuer, STINT_CLIENT_ID: 'nobody' }), {
    code: 4,
    err: /did not sign you in/,
  })
  t.match(await run(['login'], { STINT_TOKEN: 'abc' }), {
    code: 2,
    err: /no need to: the token comes from the variable STINT_TOKEN/,
  })
})
