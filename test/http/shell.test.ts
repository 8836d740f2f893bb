import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { Fault } from '../../src/fault.js'
import type { Grant } from '../../src/grant/grant.js'
import { preferred } from '../../src/http/accept.js'
import { complaint, quoted } from '../../src/http/shell.js'
import type { Verbs } from '../../src/http/verbs.js'
import {
  contract,
  now,
  id,
  url,
  conforms,
  grant,
  snapshot,
  credentials,
  face,
  wanted,
} from '../support/face.js'

t.test('a shell can eval every answer', async (t) => {
  const sh = (script: string) =>
    spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  const accept = { accept: 'text/x-shellscript' }
  let asked: Awaited<ReturnType<Verbs['ask']>> | Fault | undefined
  const { call, app } = await face(t, {
    verbs: {
      ask: async (_broker, _call, _ask, _key, present) => {
        if (asked instanceof Fault) throw asked
        return (asked as never) ?? { kind: 'active', id, answer: present(snapshot(), credentials) }
      },
    },
  })
  const evaluated = (body: string) =>
    sh(
      `AWS_PROFILE=prod\nexport AWS_PROFILE\neval ${quoted(body)}; echo "status $?"; env | grep -E '^(AWS|STINT)' | sort`,
    )

  for (const [method, path, body] of [
    ['POST', '/v1/grants', wanted],
    ['POST', `/v1/grants/${id}/credentials`, undefined],
  ] as const) {
    const answer = await call(method, path, body, accept)
    t.match(
      [answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']],
      [201, 'text/x-shellscript; charset=utf-8', 'no-store'],
    )
    t.equal(
      evaluated(answer.body).stdout,
      [
        'status 0',
        'AWS_ACCESS_KEY_ID=ASIAEXAMPLE',
        'AWS_CREDENTIAL_EXPIRATION=2026-11-22T10:15:00.000Z',
        `AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
        `AWS_SESSION_TOKEN=${credentials.sessionToken}`,
        `STINT_GRANT=${id}`,
        '',
      ].join('\n'),
    )
  }
  const refusals = [
    [
      { kind: 'pending', snapshot: snapshot({ state: 'pending', decideBy: now }) },
      202,
      /waits for approval until 2026/,
    ],
    [
      { kind: 'denied', snapshot: snapshot({ state: 'denied' }) },
      403,
      /Not from here\. Use the VPN\. \(denied, request /,
    ],
    [
      new Fault('sts_denied', `it's $(echo hacked) \`id\` \u001b[31m\nrm -rf "$HOME"`),
      502,
      /it's \$\(echo hacked\) `id`  ?\[31m rm -rf "\$HOME"/,
    ],
  ] as const
  for (const [outcome, status, message] of refusals) {
    asked = outcome as typeof asked
    const answer = await call('POST', '/v1/grants', wanted, accept)
    const { stdout, stderr } = evaluated(answer.body)
    t.equal(answer.statusCode, status)
    t.equal(stdout, 'status 1\nAWS_PROFILE=prod\n', 'nothing else happens')
    t.match(stderr, message)
    t.equal(stderr.split('\n').length, 2, 'one line')
  }
  for (const answer of [
    await app.inject({ method: 'POST', url: '/v1/grants', payload: wanted, headers: accept }),
    await call('POST', '/v1/grants', { role: 1 }, accept),
    await call('POST', `/v1/grants/${id}/credentials`, {}, accept),
  ])
    t.match(evaluated(answer.body), { stdout: /^status 1/, stderr: /^stint: / }, answer.body)
  for (const [method, path, body, headers] of [
    ['POST', '/v1/grants', { role: 1 }, { accept: 'text/*' }],
    ['POST', '/v1/nothing', {}, accept],
    ['POST', '/v1/me', {}, accept],
    ['POST', '/v1/decisions', wanted, accept],
    ['GET', '/v1/me', undefined, { ...accept, authorization: '' }],
  ] as const)
    t.match((await call(method, path, body, headers)).headers, {
      'content-type': 'application/problem+json',
    })

  interface Response {
    readonly $ref?: string
    readonly content?: object
  }
  const { paths, components } = parse(contract) as {
    readonly paths: Record<
      string,
      Record<string, { operationId: string; responses: Record<string, Response> }>
    >
    readonly components: { readonly responses: Record<string, Response> }
  }
  for (const { operationId, responses } of Object.values(paths).flatMap((item) => Object.values(item)))
    for (const [status, { $ref, content }] of Object.entries(responses)) {
      const forms = Object.keys(content ?? components.responses[$ref?.split('/').at(-1) ?? '']?.content ?? {})
      const speaksShell = ['ask', 'issue'].includes(operationId)
      t.equal(
        forms.includes('text/x-shellscript'),
        speaksShell,
        `${operationId} ${status} is declared as it is`,
      )
    }

  const words = fc
    .sample(fc.string({ unit: 'binary', maxLength: 30 }), 300)
    .map((word) => Buffer.from(word.replaceAll('\0', '')).toString())
  t.equal(
    sh(`printf '%s\\001' ${words.map(quoted).join(' ')}`).stdout,
    words.map((word) => `${word}\x01`).join(''),
    'any text is one word',
  )
  const spoken = sh(`(${words.map(complaint).join('')}) 2>&1`)
  t.equal(spoken.stdout.split('\n').length, words.length + 1)
})

t.test('lists come as json, ndjson and csv', async (t) => {
  const evil: Grant = {
    ...grant,
    ask: { role: 'r', reason: '=HYPERLINK("http://evil");=1+1', ticket: '@SUM,1' },
  }
  const { call } = await face(t, { verbs: { search: async () => ({ items: [evil, grant], next: id }) } })
  const page = await call('GET', '/v1/grants?role=r&before=01K9ZQ3T7M4V5W6X7Y8Z9A0B1E')
  t.equal(page.headers['link'], `</v1/grants?role=r&before=${id}>; rel="next"`)
  t.equal(page.json().next, id)
  const lines = await call('GET', '/v1/grants', undefined, { accept: 'application/x-ndjson' })
  t.equal(lines.headers['content-type'], 'application/x-ndjson; charset=utf-8')
  t.equal(lines.headers['link'], `</v1/grants?before=${id}>; rel="next"`)
  for (const line of lines.body.trimEnd().split('\n')) conforms(t, 'Grant', JSON.parse(line))
  const sheet = (
    await call('GET', '/v1/grants', undefined, { accept: 'text/csv, application/json;q=0.1' })
  ).body.split('\r\n')
  const examples = (
    parse(contract) as {
      components: { examples: { GrantCsv: { value: string }; EntryCsv: { value: string } } }
    }
  ).components.examples
  t.equal(sheet[0], examples.GrantCsv.value.split('\n')[0], 'the columns of the contract')
  t.ok(sheet[1]?.includes(`"'=HYPERLINK(""http://evil"");'=1+1","'@SUM,1"`), 'no formulas')
  t.equal(sheet.length, 4)
  const events = await call('GET', '/v1/audit/events', undefined, { accept: 'text/csv' })
  t.equal(events.headers['link'], '</v1/audit/events?after=7>; rel="next"')
  t.same(events.body.split('\r\n'), [
    examples.EntryCsv.value.split('\n')[0],
    `7,"2026-11-22T10:00:00.000Z","grant.active","${url}#ann","${id}","${'ab'.repeat(32)}","{""a"":""b,c""}"`,
    '',
  ])

  const offered = ['application/json', 'text/csv'] as const
  for (const [accept, best] of [
    [undefined, offered[0]],
    ['', offered[0]],
    ['*/*', offered[0]],
    ['text/*', 'text/csv'],
    ['TEXT/CSV', 'text/csv'],
    ['text/csv;q=0.5, application/json;q=0.4', 'text/csv'],
    ['*/*;q=0.1, application/json;q=0', 'text/csv'],
    ['text/csv;q=nonsense', undefined],
    ['image/png', undefined],
  ] as const)
    t.equal(preferred(accept, offered), best, String(accept))
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (accept) => preferred(accept, offered) !== null))
})
