import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { defaultLimits } from '../../src/http/limits.js'
import { ann, face, id, now, snapshot, token } from '../support/face.js'
import { people, startStint } from '../support/stint.js'

/** Says something and waits until the other side hangs up; what it said until then. */
const say = (port: number, text: string) =>
  new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let heard = ''
    socket.on('data', (data) => (heard += data))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(heard))
  })

t.test('requests that never end, and headers that hardly do', async (t) => {
  const { app, call } = await face(t, { limits: { asks: 1_000 } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  t.equal(app.server.requestTimeout, 15_000, 'what a request may take to arrive')
  t.equal(app.server.headersTimeout, 10_000)
  // Connections are looked through every few seconds; nobody waits for the rest here.
  app.server.requestTimeout = 500
  app.server.headersTimeout = 400

  const head = `POST /v1/grants HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${ann}\r\n`
  const slow = [
    ...Array.from({ length: 100 }, () =>
      say(port, `${head}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{`),
    ),
    ...Array.from({ length: 100 }, () => say(port, head)),
  ]
  const wide = Array.from({ length: 100 }, () =>
    say(port, `GET /v1/me HTTP/1.1\r\nHost: a\r\n${`x-flood: ${'y'.repeat(90)}\r\n`.repeat(400)}\r\n`),
  )
  t.equal((await call('GET', '/v1/me')).statusCode, 200, 'others are served meanwhile')
  for (const [answers, detail] of [
    [await Promise.all(slow), 'took too long'],
    [await Promise.all(wide), '32 KiB at most'],
  ] as const) {
    const wrong = answers.filter((answer) => !answer.startsWith('HTTP/1.1 400 ') || !answer.includes(detail))
    t.strictSame(wrong, [], `each is told: ${detail}`)
  }
  t.equal((await call('GET', '/v1/me')).statusCode, 200, 'and afterwards')
})

t.test('thousands of long polls', async (t) => {
  let current = snapshot({ state: 'pending', decideBy: now + 60_000 })
  const { call, waits } = await face(t, {
    verbs: { read: async () => current },
    waits: defaultLimits.waits,
  })
  const callers = Array.from({ length: 250 }, (_, nth) => token(`caller-${nth}`))
  const poll = (nth: number) =>
    call('GET', `/v1/grants/${id}?wait=30`, undefined, {
      authorization: `Bearer ${callers[nth % callers.length]}`,
    })
  const polls = Array.from({ length: 2_000 }, (_, nth) => poll(nth))
  let refused = 0
  for (const one of polls) void one.then(({ statusCode }) => (refused += statusCode === 429 ? 1 : 0))
  const { total } = defaultLimits.waits
  while (refused < polls.length - total) await new Promise(setImmediate)
  t.equal(waits.size(), total, 'as many are held as may be')
  t.equal((await call('GET', '/v1/me')).statusCode, 200, 'others are served meanwhile')
  current = snapshot({ state: 'active', version: 2 })
  waits.changed(id)
  const answered = (await Promise.all(polls)).filter(({ statusCode }) => statusCode === 200)
  t.equal(answered.length, total, 'and all of them hear of the change')
  t.equal(waits.size(), 0)
})

t.test('a flood of tokens whose key nobody has', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  await stint.call('GET', '/v1/me', { as: 'ana' })
  stint.clock.advance(60_000)
  const { jwks } = stint.idp.hits
  const lines = stint.log.length
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, nth) =>
      stint.call('GET', '/v1/me', {
        as: { token: stint.idp.token(people.ana, { header: { kid: `invented-${nth}` } }) },
      }),
    ),
  )
  t.strictSame(
    answers.filter(({ status }) => status !== 401),
    [],
    'each is refused',
  )
  t.ok(stint.idp.hits.jwks <= jwks + 1, 'and the issuer is asked once at most')
  t.equal(stint.log.length, lines + answers.length, 'with one line of the log each')
  t.notMatch(stint.log.slice(lines).join(''), /invented/, 'which does not repeat what was sent')
  t.equal((await stint.call('GET', '/v1/me', { as: 'ana' })).status, 200)
})
