import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { formatFaults } from '../../src/config/render.js'
import { but, faultsOf, good } from './good.js'

/** The nearest one upwards: tests run from wherever they were compiled to. */
function upwards(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, name))) folder = dirname(folder)
  return join(folder, name)
}

t.test('the example is valid, and each field comes to what it says', async (t) => {
  const file = readFileSync(upwards('stint.example.yaml'), 'utf8')
  const config = loadConfig({ file, env: {} })
  t.equal(
    config.hash,
    createHash('sha256')
      .update(readFileSync(upwards('stint.example.yaml')))
      .digest('hex'),
  )
  t.equal(config.catalog.hash, config.hash)
  t.match(config.issuers, [
    {
      issuer: 'https://login.example.com/oauth2/default',
      directory: 'corp',
      kind: 'person',
      token: 'access',
    },
    { directory: 'github', kind: 'workload', token: 'id', require: { repository_owner_id: ['1234567'] } },
  ])
  t.same(config.issuers[0]?.algorithms, ['RS256', 'PS256', 'ES256', 'EdDSA'])
  const debug = config.catalog.roles.get('orders-debug')
  t.match(debug?.limits, {
    person: { window: { default: 900_000, max: 14_400_000 }, lifetime: 900_000 },
    workload: { window: { default: 900_000, max: 14_400_000 }, lifetime: 900_000 },
  })
  t.match(debug?.targets.get('210987654321'), {
    accountName: 'staging',
    arn: 'arn:aws:iam::210987654321:role/stint-orders-debug',
    ceiling: [{ resources: ['arn:aws:dynamodb:us-east-1:210987654321:table/orders*'] }],
    regions: ['eu-west-1'],
  })
  const deploy = config.catalog.roles.get('deploy')
  t.match(deploy?.limits, { person: { lifetime: 900_000 }, workload: { lifetime: 3_600_000 } })
  t.equal(deploy?.from, 'any')
  t.match(deploy?.targets.get('123456789012')?.ceiling[0], {
    resources: ['arn:aws:s3:::shop-123456789012/*'],
    conditions: { StringEquals: { 's3:x-amz-server-side-encryption': ['aws:kms'] } },
  })
  t.match(config.catalog.approvals, [
    { votes: 1, within: 1_800_000, distinct: false },
    {
      votes: 2,
      within: 3_600_000,
      distinct: true,
      by: [{ groups: ['leads'] }, { subjects: ['corp#ana@example.com'] }],
    },
    { name: 'archived orders', votes: 1 },
  ])
  t.same(config.catalog.voterFrom, ['office', 'vpn'])
  t.same(config.sts, { region: 'eu-west-1' })
})

t.test('what is left out', async (t) => {
  const { listen, store, sts, catalog } = loadConfig({ file: good, env: { HOME: '/nowhere' } })
  t.same(
    { listen, store, sts },
    {
      listen: { host: '127.0.0.1', port: 8080 },
      store: { path: './stint.db' },
      sts: { region: 'us-east-1' },
    },
  )
  const role = catalog.roles.get('debug')
  t.same(role?.limits.person.lifetime, 900_000)
  t.same(role?.limits.workload.lifetime, 3_600_000)
  t.same(role?.reason, { min: 10, max: 1_000 })
  t.same(role?.tags, false)
  t.same(catalog.deny[0]?.roles, ['*'])
  t.same(catalog.approvals[0]?.within, 3_600_000)
  const bare = loadConfig({
    file: but(['people: { auditors: { groups: [audit] }, operators: [{ groups: [platform] }] }\n', '']),
    env: {},
  })
  t.same([bare.catalog.auditors, bare.catalog.operators], [[], []], 'nobody, never everybody')
})

t.test('all faults at once, in the order of the file, each where it is', async (t) => {
  const file = but(
    ['audience: stint', 'audiense: stint'],
    ['vpn: [2001:db8:10::/48]', 'vpn: [2001:db8:10::1/48]'],
    ['from: [office, vpn]', 'from: [office, nowhere]'],
    ['window: { default: 15m, max: 4h }', 'window: { default: 15m, max: 40h }'],
    ['dynamodb:GetItem', 'GetItem'],
    ['by: { groups: [leads] }', 'by: []'],
  )
  const faults = faultsOf(file, { STINT_LISTNE: ':80', STINT_LISTEN: 'nonsense' })
  t.same(
    faults.map(({ path }) => path),
    [
      'STINT_LISTNE',
      'STINT_LISTEN',
      'issuers[0].audience',
      'issuers[0].audiense',
      'networks.vpn[0]',
      'roles.debug.from[1]',
      'roles.debug.window.max',
      'roles.debug.ceiling[0].actions[0]',
      'approvals[0].by',
    ],
  )
  const lines = file.split('\n')
  const at = (path: string): string => {
    const { line = 0, column = 0 } = faults.find((fault) => fault.path === path) ?? {}
    return lines[line - 1]?.slice(column - 1) ?? ''
  }
  t.match(at('issuers[0].audiense'), /^audiense: stint/)
  t.match(at('networks.vpn[0]'), /^2001:db8:10::1\/48/)
  t.match(at('roles.debug.from[1]'), /^nowhere/)
  t.match(at('roles.debug.window.max'), /^40h/)
  t.match(at('approvals[0].by'), /^\[\]/)
  const text = formatFaults(faults, 'prod.yaml').split('\n')
  t.equal(text.length, faults.length)
  t.match(text[0], /^environment STINT_LISTNE: is no variable of Stint; there are STINT_LISTEN/)
  t.match(text[4], /^prod\.yaml:15:9 networks\.vpn\[0\]: .*host bits/)
})

t.test('files that are none', async (t) => {
  t.match(faultsOf(''), [{ message: /map of fields/ }])
  t.match(faultsOf('- a\n- b'), [{ path: '', line: 1, column: 1, message: /map of fields/ }])
  t.match(
    faultsOf('{}').map(({ path }) => path),
    ['issuers', 'accounts', 'roles'],
  )
  t.match(faultsOf(`# ${'x'.repeat(1_048_576)}\n${good}`), [{ message: /larger than 1 MiB/ }])
  t.match(faultsOf(good.replace('prod', 'pr\ufffdd')), [{ message: /UTF-8/ }])
  t.match(faultsOf('['.repeat(200_000)), [{ line: 1, message: /./ }], 'no amount of nesting ends the process')
  t.match(faultsOf(`a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]`)[0], { message: /alias/ })
  t.match(faultsOf(`%YAML 1.1\n---${good}`)[0], { message: /directive/ })
})

t.test(
  'slack: channels in the file, secrets in the environment, and neither without the other',
  async (t) => {
    const section =
      'slack: { channel: C0MAIN, workspaces: [T0ACME], feed: C0FEED, ticketUrl: "https://t.example.com/x/{ticket}" }\n'
    const rule = 'votes: 1, by: { groups: [leads] }'
    const env = {
      STINT_SLACK_BOT_TOKEN: 'xoxb-1-abc',
      STINT_SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
      STINT_SLACK_API_URL: 'http://127.0.0.1:4001/api/',
    }
    const file = `${good}cost: { by: { groups: [leads] }, within: 10m, channel: C0MONEY, remind: 2m }\n${section}`
    const { slack, catalog } = loadConfig({ file, env })
    t.same(slack, {
      channel: 'C0MAIN',
      feed: 'C0FEED',
      ticketUrl: 'https://t.example.com/x/{ticket}',
      apiUrl: 'http://127.0.0.1:4001/api/',
      botToken: env.STINT_SLACK_BOT_TOKEN,
      signingSecret: env.STINT_SLACK_SIGNING_SECRET,
    })
    t.same(catalog.slack, { feed: 'C0FEED' })
    t.match(catalog.approvals, [
      { name: 'long', channel: 'C0MAIN', remind: undefined },
      { name: 'cost', channel: 'C0MONEY', remind: 120_000 },
    ])
    t.equal(loadConfig({ file: good, env: {} }).catalog.slack, undefined)

    const with_ = (text: string) => good.replace(rule, `${rule}, ${text}`)
    for (const [text, path, words] of [
      [with_('channel: C0A'), 'approvals[0].channel', /no use without the section slack/],
      [with_('remind: 5m'), 'approvals[0].remind', /no use without the section slack/],
      [with_('channel: "#leads"') + section, 'approvals[0].channel', /id of a Slack channel/],
      [with_('remind: 1h') + section, 'approvals[0].remind', /shorter than within/],
      [with_('remind: 10s') + section, 'approvals[0].remind', /must be 1m to 7d/],
      [`${good}slack: { feed: C0FEED }\n`, 'slack.channel', /is required/],
      [good + section.replace('https', 'http'), 'slack.ticketUrl', /https URL/],
      [good + section.replace('{ticket}', 'x'), 'slack.ticketUrl', /\{ticket\} once/],
      [
        good + section.replace('t.example.com/x/{ticket}', '{ticket}.example.com/x'),
        'slack.ticketUrl',
        /path/,
      ],
      [good + section.replace('t.example.com/x/', 'u:p@t.example.com/'), 'slack.ticketUrl', /https URL/],
    ] as const)
      t.match(faultsOf(text), [{ path, message: words }], text.slice(-120))
    // Who clicks.
    const none = section.replace('workspaces: [T0ACME], ', '')
    t.match(faultsOf(good + none, env), [{ path: 'slack.workspaces', message: /is required where clicks/ }])
    const { STINT_SLACK_BOT_TOKEN: _, ...tokenless } = env
    t.match(faultsOf(good + section, tokenless), [{ path: 'STINT_SLACK_BOT_TOKEN', message: /required/ }])
    const { clicks } = loadConfig({ file: good + section, env })
    t.same(
      clicks,
      { workspaces: ['T0ACME'], emails: [], remember: 86_400_000 },
      'no e-mail unless it is said',
    )
    for (const [text, path, words] of [
      ['people: { claim: slack_id }', 'slack.people.claim', /no issuer of persons keeps/],
      ['people: { claim: team, email: true }', 'slack.people.email', /must not stand beside claim/],
      ['people: {}', 'slack.people', /claim or email/],
      ['remember: 30d', 'slack.remember', /1m to 7d/],
      ['workspaces: [acme]', 'slack.workspaces[0]', /id of a workspace/],
    ] as const) {
      const faults = faultsOf(good + none.replace('channel: C0MAIN', `channel: C0MAIN, ${text}`))
      t.ok(
        faults.some((fault) => fault.path === path && words.test(fault.message)),
        `${text}: ${JSON.stringify(faults)}`,
      )
    }
    const emails = good + none.replace('channel: C0MAIN', 'channel: C0MAIN, people: { email: true }')
    t.same(loadConfig({ file: emails, env: {} }).clicks.emails, ['corp'])
    const subs = emails.replace('subject: email', 'subject: sub')
    t.match(faultsOf(subs), [{ path: 'slack.people.email', message: /no issuer of persons has e-mail/ }])
    // Who is on call.
    const onCall = 'onCall: { payments: { file: oncall.yaml }, platform: { slackGroup: S0PLATFORM } }\n'
    const by = (names: string) => good.replace(rule, `votes: 1, by: { onCall: ${names} }`)
    const compiled = loadConfig({ file: by('[payments]') + section + onCall, env })
    t.same(
      [...compiled.onCall],
      [
        ['payments', { file: 'oncall.yaml' }],
        ['platform', { slackGroup: 'S0PLATFORM' }],
      ],
    )
    t.same(compiled.catalog.approvals[0]?.by, [{ onCall: ['payments'] }])
    for (const [text, path, words] of [
      [by('[orders]') + section + onCall, 'approvals[0].by.onCall[0]', /no schedule.*payments, platform/],
      [good + onCall, 'onCall.platform.slackGroup', /without the section slack/],
      [`${good}onCall: { x: { file: a, slackGroup: S0A } }\n${section}`, 'onCall.x', /either/],
      [
        `${good}people: { operators: { onCall: [payments] } }\n${section}${onCall}`,
        'people.operators.onCall',
        /for voters/,
      ],
    ] as const) {
      const faults = faultsOf(text)
      t.ok(
        faults.some((fault) => fault.path === path && words.test(fault.message)),
        JSON.stringify(faults),
      )
    }
    t.match(faultsOf(good, { STINT_SLACK_BOT_TOKEN: 'xoxb-1' }), [{ message: /without the section slack/ }])
    for (const [name, text, words] of [
      ['STINT_SLACK_BOT_TOKEN', 'xoxp-secret', /begins with xoxb-/],
      ['STINT_SLACK_APP_TOKEN', 'xoxb-secret', /begins with xapp-/],
      ['STINT_SLACK_SIGNING_SECRET', 'secret', /signing secret/],
      ['STINT_SLACK_API_URL', 'http://slack.example.com/api/', /https URL/],
      ['STINT_SLACK_API_URL', 'https://secret@slack.com/api/', /without credentials/],
      ['STINT_SLACK_API_URL', 'https://slack.com/api', /ends with a slash/],
    ] as const) {
      const faults = faultsOf(good + section, { [name]: text })
      t.match(faults, [{ path: name, message: words }])
      t.notMatch(faults[0]?.message, /secret@|xoxp-secret|xoxb-secret/, 'it is not repeated')
    }
  },
)

t.test('the environment stands over the file', async (t) => {
  const file = `${good}listen: { host: 0.0.0.0, port: 1 }\nstore: { path: /a.db }\nsts: { region: eu-west-1, endpoint: "https://sts.example.com" }\n`
  const of = (env: Record<string, string>) => {
    const { listen, store, sts } = loadConfig({ file, env })
    return { listen, store, sts }
  }
  t.same(of({ STINT_CONFIG: 'x', STINT_LOG_LEVEL: 'info', AWS_REGION: '' }), {
    listen: { host: '0.0.0.0', port: 1 },
    store: { path: '/a.db' },
    sts: { region: 'eu-west-1', endpoint: 'https://sts.example.com' },
  })
  t.same(
    of({
      STINT_LISTEN: '[::1]:9000',
      STINT_STORE: 'sqlite:/b.db',
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:4000',
    }),
    {
      listen: { host: '::1', port: 9000 },
      store: { path: '/b.db' },
      sts: { region: 'us-west-2', endpoint: 'http://127.0.0.1:4000' },
    },
  )
  t.same(of({ STINT_STORE: './c.db' }).store, { path: './c.db' })
  for (const name of [
    'STINT_GRANT',
    'STINT_SERVICE_HOST',
    'STINT_SERVICE_PORT',
    'STINT_SERVICE_PORT_HTTP',
    'STINT_PORT',
    'STINT_PORT_8080_TCP',
    'STINT_PORT_8080_TCP_ADDR',
    'STINT_METRICS_SERVICE_HOST',
  ])
    t.same(of({ [name]: 'tcp://10.0.0.1:80' }).store, { path: '/a.db' }, name)
  for (const url of [
    'postgres://stint:hunter2@db.example.com/stint?sslmode=verify-full',
    'postgresql://db.internal/stint?sslmode=disable',
    'postgres://127.0.0.1:5433/stint',
    'postgres://stint@[::1]/stint',
    'postgres:///stint?host=/run/postgresql',
  ])
    t.same(of({ STINT_STORE: url }).store, { url })
  const table: readonly (readonly [string, string, RegExp])[] = [
    ['STINT_LISTEN', '', /host:port/],
    ['STINT_LISTEN', '127.0.0.1', /host:port/],
    ['STINT_LISTEN', '127.0.0.1:65536', /host:port/],
    ['STINT_LISTEN', '[127.0.0.1]:80', /host:port/],
    ['STINT_LISTEN', '::1:80', /host:port/],
    ['STINT_LOG_LEVEL', 'loud', /is one of fatal, error/],
    ['STINT_STORE', '', /path of a file/],
    ['STINT_STORE', 'sqlite:', /path of a file/],
    ['STINT_STORE', ':memory:', /path of a file/],
    ['STINT_STORE', 'sqlite::memory:', /path of a file/],
    ['STINT_STORE', 'postgres://db/stint', /sslmode=verify-full/],
    ['STINT_STORE', 'postgres://stint:hunter2@/x:y', /must be a URL/],
    ['STINT_STORE', 'mysql://db/stint', /path of a file/],
    ['STINT_STORE', 'postgres', /path of a file/],
    ['STINT_STORE', 'sqlite', /path of a file/],
    ['STINT_PORTS', '1', /no variable of Stint/],
    ['STINT_STORE', 'sqlite://a.db', /path of a file/],
    ['STINT_INSECURE', '1', /no variable of Stint/],
    ['AWS_REGION', 'Europe', /name of a region/],
    ['AWS_ENDPOINT_URL_STS', 'http://sts.example.com', /https URL/],
    ['AWS_ENDPOINT_URL_STS', 'nonsense', /https URL/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', /http or https URL/],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:hunter2@collector:4318', /without credentials/],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'https://collector/v1/traces?key=hunter2', /and query/],
  ]
  for (const [name, value, words] of table) {
    const faults = faultsOf(good, { [name]: value })
    t.equal(faults.length, 1, `${name}=${value}`)
    t.match(faults[0], { path: name, message: words })
    t.notOk(faults[0]?.line)
    t.notMatch(faults[0]?.message, /hunter2/, 'and what may be a password is not repeated')
  }

  const collector = 'http://collector:4318'
  const traced = (env: Record<string, string>) =>
    loadConfig({ file: good, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector, ...env } }).traces
  t.same(traced({}), { url: `${collector}/v1/traces` })
  t.same(traced({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com/a/' }), {
    url: 'https://otlp.example.com/a/v1/traces',
  })
  t.same(traced({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other:1/as-it-is' }), {
    url: 'http://other:1/as-it-is',
  })
  for (const off of [
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  ])
    t.equal(traced(off), undefined, 'no spans are wanted')
  const faulty = (env: Record<string, string>) =>
    faultsOf(good, { OTEL_EXPORTER_OTLP_ENDPOINT: collector, ...env })[0]
  t.match(faulty({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), {
    path: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    message: /by HTTP/,
  })
  t.match(faulty({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hunter2' }), { message: /must be an https URL/ })
})

t.test('where the record is sent on', async (t) => {
  const key = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  const fed = (feed: string) => `${good}\nfeed: ${feed}\n`
  const https = fed('{ https: "https://siem.example.com/in" }')
  const feedOf = (file: string, env = {}) => loadConfig({ file, env }).feed
  t.equal(feedOf(good, { STINT_FEED_KEY: key }), undefined)
  t.same(feedOf(fed('{ file: /var/log/record.ndjson }')), {
    format: 'ndjson',
    file: '/var/log/record.ndjson',
    stdout: false,
  })
  t.same(feedOf(fed('{ format: ocsf, stdout: true }')), { format: 'ocsf', stdout: true })
  t.same(feedOf(https, { STINT_FEED_KEY: `${key}, ${key}` })?.https, {
    url: 'https://siem.example.com/in',
    keys: [key, key],
  })
  const folder = t.testdir({ key: `${key}\n` })
  t.same(feedOf(https, { STINT_FEED_KEY_FILE: `${folder}/key` })?.https?.keys, [key])
  for (const [file, env, path, message] of [
    [fed('{}'), {}, 'feed', /must say where to/],
    [
      fed('{ https: "http://siem.example.com" }'),
      { STINT_FEED_KEY: key },
      'feed.https',
      /must be an https URL/,
    ],
    [fed('{ format: cef, stdout: true }'), {}, 'feed.format', /ndjson or ocsf/],
    [https, {}, 'STINT_FEED_KEY', /must be set/],
    [https, { STINT_FEED_KEY: 'hunter2' }, 'STINT_FEED_KEY', /must be whsec_ and/],
    [https, { STINT_FEED_KEY: 'whsec_aHVudGVyMg==' }, 'STINT_FEED_KEY', /24 to 64 random bytes/],
    [https, { STINT_FEED_KEY_FILE: `${folder}/none` }, 'STINT_FEED_KEY_FILE', /cannot be read \(ENOENT\)/],
    [
      https,
      { STINT_FEED_KEY: key, STINT_FEED_KEY_FILE: `${folder}/key` },
      'STINT_FEED_KEY_FILE',
      /one of them/,
    ],
  ] as const) {
    const [fault] = faultsOf(file, env)
    t.match(fault, { path, message })
    t.notMatch(JSON.stringify(fault), /hunter2/)
  }
})

t.test('who is behind a run', async (t) => {
  const ci = (lines: string) => loadConfig({ file: but(['claims: { keep: [repository] }', lines]), env: {} })
  const named = ci('claims: { actor: actor }\n    actors: { bo-dev: corp#bo@example.com }')
  t.same(named.issuers[1]?.actors, { names: { 'bo-dev': 'corp#bo@example.com' } })
  t.same([...named.catalog.unattended], [])
  const directory = ci('claims: { actor: actor }\n    actors: corp').issuers[1]
  t.same(directory?.actors, { directory: 'corp', email: true })
  const exact = but(
    ['subject: email, ', ''],
    ['claims: { keep: [repository] }', 'claims: { actor: actor }\n    actors: corp'],
    ['by: { groups: [leads] }', 'by: { subjects: [corp#Bo] }'],
  )
  t.same(loadConfig({ file: exact, env: {} }).issuers[1]?.actors, { directory: 'corp', email: false })

  const nobody = ci('actors: none')
  t.equal(nobody.issuers[1]?.actors, 'none')
  t.same([...nobody.catalog.unattended], ['https://ci.example.com'])
  t.same([...ci('claims: {}').catalog.unattended], [], 'it is never understood')

  const voterFrom = (line: string) =>
    loadConfig({ file: but(['people:', `${line}people:`]), env: {} }).catalog.voterFrom
  t.equal(voterFrom(''), undefined)
  t.equal(voterFrom('voters: { from: any }\n'), 'any')
  t.same(voterFrom('voters: { from: [vpn] }\n'), ['vpn'])
})

t.test('frozen through and through', async (t) => {
  const config = loadConfig({ file: good, env: {} })
  const open: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    if (!Object.isFrozen(value)) open.push(path)
    for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`)
    if (value instanceof Map) for (const [key, item] of value) visit(item, `${path}(${String(key)})`)
  }
  visit(config, 'config')
  t.same(open, [])
  const roles = config.catalog.roles as Map<string, unknown>
  t.throws(() => roles.set('mine', {}), TypeError)
  t.throws(() => roles.delete('debug'), TypeError)
  t.throws(() => roles.clear(), TypeError)
  t.equal(roles.size, 1)
  const directories = config.catalog.directories as Set<string>
  t.throws(() => directories.add('ci'), TypeError)
  t.throws(() => directories.delete('corp'), TypeError)
})

t.test('the hash is of the bytes: a comment makes another version', async (t) => {
  const hash = (file: string) => loadConfig({ file, env: {} }).hash
  t.equal(hash(good), createHash('sha256').update(good).digest('hex'))
  t.equal(hash(good), loadConfig({ file: good, env: { STINT_STORE: 'x' } }).hash)
  t.not(hash(good), hash(`${good}# é\n`))
})

t.test('spellings that are as good as others', async (t) => {
  const loads = (...edits: readonly (readonly [string, string])[]) =>
    loadConfig({ file: but(...edits), env: {} })
  const login = 'https://login.example.com/oauth2/default'
  t.equal(loads([login, 'https://tenant.example.com/']).issuers[0]?.issuer, 'https://tenant.example.com/')
  t.equal(loads([login, 'http://127.0.0.1:9000']).issuers[0]?.issuer, 'http://127.0.0.1:9000')
  t.equal(
    loads(['    directory: corp\n', '']).issuers[0]?.directory,
    login,
    'people are named by the issuer then',
  )
  const ci = loads([
    'kind: workload',
    'kind: workload\n    token: access\n    types: [JWT, application/AT+JWT]',
  ]).issuers[1]
  t.match(ci, { token: 'access', types: ['jwt', 'at+jwt'] })
  t.same(loads(['owner: "1234567"', 'owner: ["1", 2, true]']).issuers[1]?.require, { owner: ['1', 2, true] })
  const single = loads(
    ['accounts: ["123456789012", "210987654321"]', 'accounts: ["123456789012"]'],
    ['arn:aws:iam::{account}:role/stint-debug', 'arn:aws:iam::123456789012:role/a/b/stint-debug'],
  ).catalog.roles.get('debug')
  t.equal(single?.targets.get('123456789012')?.arn, 'arn:aws:iam::123456789012:role/a/b/stint-debug')
  t.same(
    loads([
      'who: { groups: [engineers] }',
      'who: [{ groups: [a] }, { subjects: ["corp#ana@example.com"] }]',
    ]).catalog.roles.get('debug')?.who,
    [{ groups: ['a'] }, { subjects: ['corp#ana@example.com'] }],
  )
  t.same(
    loads([
      'window: { default: 15m, max: 4h }',
      'window: { default: 15m, max: 4h }\n    egress: [198.51.100.0/24]',
    ]).catalog.roles.get('debug')?.egress,
    ['198.51.100.0/24'],
  )
})

t.test('a rule that looks at cost frees nobody else from the threshold', async (t) => {
  const rule = (when: string) =>
    good.replace(
      /\napprovals:\n/,
      `\napprovals:\n  - { name: dear, when: '${when}', votes: 1, by: { groups: [leads] }, within: 30m }\n`,
    )
  for (const when of ['cost.usd > 5000.0', 'role.name == "deploy" && cost.usd > 1000.0']) {
    const { threshold } = loadConfig({ file: rule(when), env: {} }).catalog
    t.equal(threshold.above, 1_000, when)
  }
})
