import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { startStint } from '../support/stint.js'

const root = resolve(import.meta.dirname, '..', '..', '..')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The rows of docs/metrics.md: what there is, of which type, with which labels. */
const documented = new Map(
  [...text('docs/metrics.md').matchAll(/^\| `(stint_\w+)` +\| (\w+) +\| ([^|]*)\|/gm)].map(
    ([, name = '', type, labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label) },
    ],
  ),
)

/** What a scrape says of Stint itself: the type of each metric, and its samples as `name{labels} value`. */
function read(scrape: string) {
  const types = new Map(
    [...scrape.matchAll(/^# TYPE (stint_\w+) (\w+)$/gm)].map(([, name = '', type]) => [name, type]),
  )
  const samples = scrape.split('\n').filter((line) => line.startsWith('stint_'))
  return { types, samples }
}

const family = (name: string): string => name.replace(/_(bucket|count|sum)$/, '')

t.test('the metrics are those of the list, and count what is on the record', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const ask = { role: 'orders-debug', reason: 'order 42 is stuck' }
  await stint.ask('ana', ask)
  await stint.ask('ana', { ...ask, reason: 'short' })
  const pending = await stint.ask('ana', { ...ask, role: 'orders-repair', ticket: 'OPS-1' })
  const id = pending.body['grant']!['id']
  await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'no' } })
  stint.clock.advance(90_000)

  const { types, samples } = read((await stint.call('GET', '/metrics')).text)
  t.strictSame(
    [...types].sort(),
    [...documented].map(([name, { type }]) => [name, type]).sort(),
    'docs/metrics.md lists each, with its type',
  )
  for (const sample of samples) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(sample) ?? []
    const known = documented.get(types.has(name) ? name : family(name))?.labels ?? []
    for (const [, label] of labels.matchAll(/(\w+)="/g))
      if (label !== 'le') t.ok(known.includes(label), `${sample}: the label is documented`)
  }
  const says = (sample: string) => t.ok(samples.includes(sample), sample)
  says('stint_decisions_total{outcome="allow"} 1')
  says('stint_decisions_total{outcome="approve"} 1')
  says('stint_decisions_total{outcome="deny"} 1')
  says('stint_approvals_required_total{rule="repair"} 1')
  says('stint_checks_failed_total{check="reason"} 1')
  says('stint_votes_total{answer="no"} 1')
  says('stint_issuances_total{state="started"} 1')
  says('stint_issuances_total{state="done"} 1')
  says('stint_sts_seconds_count{outcome="done"} 1')
  says('stint_commits_waiting 0')
  says('stint_config_agreed 1')
  says(`stint_issuer_keys{issuer="${stint.idp.issuer}"} 1`)
  const valueOf = (start: string) => Number(samples.find((one) => one.startsWith(start))?.split(' ')[1])
  const written = valueOf('stint_commit_batch_writes_sum')
  t.ok(written >= 6, 'every commit went to disk in some batch')
  t.ok(valueOf('stint_commit_seconds_count') <= written)
  t.ok(valueOf('stint_issuer_keys_age_seconds') >= 90, 'as old as the clock says')
  t.notMatch(samples.join('\n'), /ana|orders|OPS|203\.0\.113/, 'nobody is named, and no role')

  const before = samples.filter((one) => one.startsWith('stint_config_info'))
  stint.rules = `${stint.rules}# another hash\n`
  await stint.app.reload()
  const after = read((await stint.call('GET', '/metrics')).text).samples
  const now = after.filter((one) => one.startsWith('stint_config_info'))
  t.equal(now.length, 1, 'a configuration that was replaced leaves no series behind')
  t.notSame(now, before)
})

t.test('nothing that somebody sends makes the metrics or the lines of the log grow', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const scrape = async () =>
    read((await stint.call('GET', '/metrics')).text).samples.map((sample) => sample.split(' ')[0])
  const sendOddThings = async (nth: number) => {
    await stint.call('GET', `/v1/nothing-${nth}?x=${nth}`)
    await stint.call('GET', `/v1/grants/nothing-${nth}`, { as: 'eve' })
    await stint.call('PUT', `/v1/me/${nth}`)
    await stint.ask('eve', { role: `role-${nth}`, reason: `because of ${nth}` })
    await stint.call('GET', '/v1/me', { as: { token: `a.b${nth}.c` }, headers: { 'x-odd': String(nth) } })
  }
  await sendOddThings(0)
  await scrape()
  const before = await scrape()
  for (let nth = 1; nth <= 40; nth++) await sendOddThings(nth)
  t.strictSame(await scrape(), before, 'as many series as after the first of each')

  const lines = stint.log.length
  await stint.call('GET', `/${'long'.repeat(2_000)}?${'q'.repeat(8_000)}`, {
    headers: { 'x-odd': 'y'.repeat(4_000) },
  })
  const told = stint.log.slice(lines)
  t.equal(told.length, 1, 'a line for each request')
  t.ok(told[0]!.length < 1_000, 'and a short one, however long the request')
  t.notMatch(told[0], /qqqq|yyyy/)
})

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly labels: Readonly<Record<string, string>>
      readonly annotations: Readonly<Record<string, string>>
    }[]
  }[]
}

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[]
}

t.test('alerts and the dashboard look at what there is', async (t) => {
  const { groups } = parse(text('deploy/prometheus/stint.rules.yaml')) as Rules
  const { panels } = JSON.parse(text('deploy/grafana/stint.json')) as Dashboard
  const alerts = groups.flatMap(({ rules }) => rules)
  t.ok(alerts.length > 10 && panels.length > 10)
  t.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length, 'no name twice')
  for (const { alert, expr, annotations, labels } of alerts) {
    t.ok(expr && annotations['summary'] && annotations['action'], `${alert}: says what to do`)
    t.match(labels['severity'], /^(page|ticket)$/)
  }
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const queries = [
    ...alerts.map(({ expr }) => expr),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ]
  for (const query of queries) {
    t.ok(balanced(query), query)
    for (const [, name = '', , matched = ''] of query.matchAll(/\b(stint_\w+)(\{([^}]*)\})?/g)) {
      const known = documented.get(name) ?? documented.get(family(name))
      t.ok(known, `${name} is documented`)
      t.equal(known?.type === 'histogram', name !== family(name), `${name}: a histogram is read by its parts`)
      for (const [, label] of matched.matchAll(/(\w+)(?:=~?|!=)"/g))
        t.ok(['job', 'instance', ...(known?.labels ?? [])].includes(label), `${name} has the label ${label}`)
    }
  }
})

function balanced(query: string): boolean {
  const bare = query.replaceAll(/"[^"]*"/g, '')
  return [...'({['].every((open, at) => bare.split(open).length === bare.split(')}]'[at]!).length)
}
