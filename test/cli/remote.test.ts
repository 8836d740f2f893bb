import '../support/loopback-only.js'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createMachine, startOpenStint } from '../support/command-line.js'

/** What all commands that talk to a broker have in common, shown on one of them. */

/** A broker that answers as it is told, and keeps what it was asked. */
async function startBroker(t: Test, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    request.resume()
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const me = {
  subject: 'corp#ana',
  issuer: 'https://login.example.com',
  kind: 'person',
  groups: ['engineers'],
  claims: {},
  address: '127.0.0.1',
  networks: [],
  auditor: false,
  operator: false,
  expiresAt: '2026-11-22T10:00:00.000Z',
}

const send = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

t.test('who one is: data on stdout, the token from wherever it was put', async (t) => {
  const stint = await startOpenStint(t)
  const { home, run } = createMachine(t, { STINT_URL: stint.url })

  const file = join(home, 'token')
  writeFileSync(file, `${stint.token('ana')}\n`, { mode: 0o600 })
  const told = await run(['whoami'], { STINT_TOKEN_FILE: file })
  t.match(told, {
    code: 0,
    err: /^(Asking the broker …\n)?$/,
    out: /subject {9}corp#ana\n[^]*groups {10}engineers\n/,
  })
  t.match(told.out, `token from      the file ${file}`)

  const job = await run(['whoami', '--json'], { STINT_TOKEN: stint.token('job') })
  t.match(JSON.parse(job.out), { kind: 'workload', actor: 'corp#ana', issuer: stint.ci.issuer })

  const actions = await startBroker(t, (request, response) =>
    send(response, 200, { value: stint.token('job'), asked: request.url }),
  )
  const github = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${actions.url}/token?api=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
  }
  t.match(await run(['whoami'], github), { code: 0, out: /workload[^]*GitHub Actions/ })
  t.match(actions.requests[0], { url: '/token?api=2&audience=stint', headers: { authorization: 'Bearer x' } })

  // The settings' file, which the environment stands over, and flags over both.
  mkdirSync(join(home, '.config', 'stint'), { recursive: true })
  const settings = join(home, '.config', 'stint', 'config.json')
  writeFileSync(settings, JSON.stringify({ url: `${stint.url}/` }))
  const token = { STINT_TOKEN: stint.token('ana') }
  t.match(await run(['whoami'], { ...token, STINT_URL: '' }), { code: 0 })
  t.match(await run(['whoami'], { ...token, STINT_URL: 'http://127.0.0.1:9' }), { code: 10 })
  t.match(await run(['whoami', '--url', stint.url], { ...token, STINT_URL: 'http://127.0.0.1:9' }), {
    code: 0,
  })
  writeFileSync(settings, '{"url": 1}')
  t.match(await run(['whoami'], { ...token, STINT_URL: '' }), {
    code: 9,
    err: /config\.json cannot be used: `url`/,
  })
  t.match(await run(['whoami'], token), { code: 0 }, 'a broken file does not stop what is said otherwise')
})

t.test('what keeps a command from the broker has its own sentence and exit code', async (t) => {
  const { home, run } = createMachine(t, { STINT_TOKEN: 'abc' })
  t.match(await run(['whoami']), { code: 9, out: '', err: /^stint: Which broker\? Set STINT_URL/ })
  t.match(await run(['whoami', 'me'], { STINT_URL: 'http://127.0.0.1:9' }), { code: 2, out: '' })
  for (const url of [
    'http://stint.example.com',
    'ftp://x',
    'no',
    'https://a:b@x',
    'http://127.0.0.1.evil.example',
  ])
    t.match(await run(['whoami', '--url', url]), { code: 2, err: /must be https/ }, url)
  const STINT_URL = 'http://127.0.0.1:9'
  t.match(await run(['whoami'], { STINT_URL, STINT_TOKEN: 'a b' }), { code: 4, err: /is no token/ })

  const file = join(home, 'token')
  writeFileSync(file, 'abc')
  chmodSync(file, 0o644)
  const fromFile = { STINT_URL, STINT_TOKEN: '', STINT_TOKEN_FILE: file }
  t.match(await run(['whoami'], fromFile), { code: 9, err: /read or was written by others.* chmod 600/ })
  symlinkSync(file, join(home, 'link'))
  t.match(await run(['whoami'], { ...fromFile, STINT_TOKEN_FILE: join(home, 'link') }), { code: 9 })
  t.match(await run(['whoami'], { ...fromFile, STINT_TOKEN_FILE: join(home, 'none') }), { code: 4 })
})

t.test('no redirect is followed, no lost answer is taken for one, no terminal obeys a broker', async (t) => {
  let respond = (_request: IncomingMessage, response: ServerResponse): void => void send(response, 200, me)
  const other = await startBroker(t, (_request, response) => send(response, 200, me))
  const broker = await startBroker(t, (request, response) => respond(request, response))
  const { run } = createMachine(t, { STINT_URL: broker.url, STINT_TOKEN: 'abc' })

  respond = (_request, response) => void send(response, 307, {}, { location: `${other.url}/v1/me` })
  t.match(await run(['whoami']), { code: 10, err: /points elsewhere/ })
  t.equal(other.requests.length, 0)

  // What a broker, or a proxy before it, may do wrong.
  const wrong: readonly [string, (response: ServerResponse) => void][] = [
    ['other types', (response) => send(response, 200, { ...me, groups: 'engineers' })],
    ['nothing', (response) => send(response, 200, null)],
    ['a page', (response) => response.writeHead(200).end('<html>')],
    ['a page that refuses', (response) => response.writeHead(502).end('<html>')],
    ['a code that is no text', (response) => send(response, 400, { code: {}, detail: 'x' })],
  ]
  for (const [what, answer] of wrong) {
    respond = (_request, response) => answer(response)
    t.match(await run(['whoami']), { code: 10, out: '', err: /does not answer as a broker/ }, what)
  }
  respond = (_request, response) => void send(response, 418, { code: 'brewing', detail: 'New.' })
  t.match(await run(['whoami']), { code: 1, err: 'stint: New.\n' }, 'a code of a newer broker')
  respond = (_request, response) =>
    void response
      .writeHead(200)
      .end('x'.repeat(1 << 20))
      .on('error', () => undefined)
  t.match(await run(['whoami']), { code: 10 })

  // A broker that is away for a moment is asked again; one that stays away is not asked for ever.
  let asked = 0
  respond = (_request, response) => {
    asked += 1
    if (asked === 1) return void response.destroy()
    if (asked === 2)
      return void send(response, 503, { code: 'overloaded', detail: 'x' }, { 'retry-after': '0' })
    send(response, 200, me)
  }
  t.match(await run(['whoami']), { code: 0 })
  respond = (_request, response) =>
    void send(response, 429, { code: 'rate_limited', detail: 'Slow.' }, { 'retry-after': '60' })
  t.match(await run(['whoami']), { code: 7, err: 'stint: Slow.\n' })

  const evil = '\u001b]0;pwned\u0007\u009b2J\u202egpj.exe\r\nsubject  ola'
  respond = (_request, response) => void send(response, 200, { ...me, subject: evil, groups: [evil] })
  for (const args of [['whoami'], ['whoami', '--json']]) {
    const { out } = await run(args)
    t.notMatch(out.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
    t.equal(out.split('\n').filter((line) => line.startsWith('subject')).length, args.length === 1 ? 1 : 0)
  }
  t.equal(JSON.parse((await run(['whoami', '--json'])).out).subject, evil, 'JSON says what was said')
  respond = (_request, response) =>
    void send(response, 403, {
      code: 'denied',
      detail: evil,
      checks: [{ check: 'who', ok: false, detail: evil }],
    })
  const refused = await run(['whoami'])
  t.equal(refused.code, 3)
  t.notMatch(refused.err.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
})
