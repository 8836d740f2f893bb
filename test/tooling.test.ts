import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../src/config/load.js'
import { version } from '../src/version.js'
import { canary } from './support/canary.js'

interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly todo: number
  readonly files: number
}

interface FileResult {
  readonly name: string
  readonly failures: readonly { readonly where: string; readonly detail: readonly string[] }[]
}

interface TapReader {
  line(text: string): void
  end(): Totals
}

const root = resolve(import.meta.dirname, '..', '..')
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

const { tapReader } = (await import(pathToFileURL(join(root, 'scripts', 'tap-totals.mjs')).href)) as {
  tapReader: (onFile: (file: FileResult) => void) => TapReader
}

/** Reads TAP; what each file failed in, as `file: where`, and the totals. */
function count(tap: string): Totals & { readonly failures: readonly string[] } {
  const failures: string[] = []
  const reader = tapReader((file) =>
    failures.push(...file.failures.map(({ where }) => `${file.name}: ${where}`)),
  )
  for (const line of tap.split('\n')) reader.line(line)
  return { ...reader.end(), failures }
}

t.test('the closing count is of assertions, and of everything that kept one from being made', async (t) => {
  const passes = `TAP version 14
1..2
# Subtest: build/test/a.test.js
    # Subtest: outer
        ok 1 - one
        # Subtest: inner
            ok 1 - two
            1..1
        ok 2 - inner # time=1ms
        1..2
    ok 1 - outer # time=2ms
    ok 2 - three {not a subtest}
    ok 3 - buffered {
        ok 1 - four
        1..1
    }
    ok 4 - later # SKIP not here
    not ok 5 - some day # TODO
    1..5
ok 1 - build/test/a.test.js # time=9ms
# Subtest: build/test/b.test.js
    a line that the test printed
    ok 1 - five
    1..1
ok 2 - build/test/b.test.js # time=3ms
# { total: 7, pass: 5 }`
  t.strictSame(count(passes), { passed: 5, failed: 0, skipped: 1, todo: 1, files: 2, failures: [] })

  const fails = `# Subtest: build/test/a.test.js
    # Subtest: outer
        ok 1 - fine
        not ok 2 - they match
          ---
          diff: |
            not ok 9 - only text
            ok 10 - only text
          ...
        1..2
    not ok 1 - outer # time=2ms
      ---
      at:
        lineNumber: 3
      ...
    1..1
not ok 1 - build/test/a.test.js # time=9ms
  ---
  exitCode: 1
  ...`
  const failed = count(fails)
  t.match(failed, { passed: 1, failed: 1, failures: ['build/test/a.test.js: outer > they match'] })

  const file = (points: string, verdict: string): string =>
    `# Subtest: build/test/a.test.js\n${points}\n${verdict}\n  ---\n  exitCode: 3\n  ...`
  const name = 'build/test/a.test.js'
  t.match(
    count(file('    ok 1 - x\n    1..1', `not ok 1 - ${name}`)),
    { passed: 1, failed: 1, failures: [`${name}: the file`] },
    'a file that crashes after its assertions has failed',
  )
  t.match(
    count(file('    1..0 # no tests found', `ok 1 - ${name} # SKIP no tests found`)),
    { passed: 0, failed: 1, failures: [`${name}: asserts nothing`] },
    'a file without a test has failed',
  )
  t.match(
    count(file('    # Subtest: empty\n        1..0\n    ok 1 - empty\n    1..1', `ok 1 - ${name}`)),
    { passed: 0, failed: 1, failures: [`${name}: asserts nothing`] },
    'a file whose subtests assert nothing has failed',
  )
  t.match(
    count(file('    1..0 # not on Windows', `ok 1 - ${name} # SKIP not on Windows`)),
    { passed: 0, failed: 0 },
    'a file that says why it is skipped has not',
  )
  t.match(
    count(`not ok 1 - timeout!\n  ---\n  expired: build/test/slow.test.js\n  ...\n`),
    { passed: 0, failed: 1, failures: ['build/test/slow.test.js: the file'] },
    'a file that hangs has failed, by its name',
  )
  t.match(count('Bail out! on fire'), { passed: 0, failed: 1 })
  t.match(count(''), { passed: 0, failed: 0, files: 0 })
})

t.test('the image holds the product and nothing else', async (t) => {
  const dockerfile = text('Dockerfile').replace(/\\\n/g, ' ')
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) =>
    from.split(' '),
  )
  t.ok(copied.length > 4)
  const admitted = [...text('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path)
  t.match(text('.dockerignore'), /^\*$/m, 'nothing gets in without a name')
  for (const path of copied) {
    t.ok(existsSync(join(root, path)), `${path} exists`)
    t.ok(admitted.includes(path), `${path} is let through`)
  }
  for (const path of ['.', 'test', 'demo', 'bench', 'scripts', 'docs', '.git', 'node_modules', 'build']) {
    t.notOk(copied.includes(path), `${path} is not copied`)
    t.notOk(admitted.includes(path), `${path} is not let through`)
  }
  const { bin, devDependencies } = JSON.parse(text('package.json')) as {
    bin: { stint: string }
    devDependencies: Record<string, string>
  }
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  // The image is the broker; the one file that engineers run is made of the same.
  t.match(last, 'ENTRYPOINT ["node", "build/src/cli/main.js"]')
  t.equal(bin.stint, 'build/stint.cjs')
  t.match(last, /^USER node$/m)
  for (const read of ['openapi.yaml', 'stint.schema.json', 'migrations'])
    t.match(
      last,
      new RegExp(`^COPY (?!--from).*\\b${read}\\b`, 'm'),
      `${read}, which Stint reads, is in the image`,
    )
  t.match(last, /^COPY --from=build \/stint\/build\/src \.\/build\/src$/m)
  t.match(dockerfile, 'npm prune --omit=dev')
  t.ok(devDependencies['oidc-provider'], 'the identity provider of the demo is pruned')
})

t.test('what is written twice says the same', async (t) => {
  const manifest = JSON.parse(text('package.json')) as {
    version: string
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
    allowScripts: Record<string, boolean>
  }
  t.equal(version, manifest.version)
  t.match(text('scripts/test.mjs'), `'${canary}'`, 'what is printed is searched for secrets too')
  for (const [name, pinned] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    t.match(pinned, /^\d+\.\d+\.\d+$/, `${name} is pinned`)
  // By name: npm can pin an approval only where the lock holds addresses. The version is pinned above.
  t.strictSame(manifest.allowScripts, { 'better-sqlite3': true, esbuild: false })
  const actions = [...text('.github/workflows/ci.yml').matchAll(/uses: (\S+)/g)].map(([, action]) => action)
  for (const action of actions) t.match(action, /@[0-9a-f]{40}$/, 'an action is pinned by its commit')
})

t.test('how it is deployed holds what it promises', async (t) => {
  interface Node {
    readonly [name: string]: Node
  }
  const documents = ['stint', 'postgres'].flatMap((name) =>
    parseAllDocuments(text(`deploy/kubernetes/${name}.yaml`)).map((document) => {
      t.strictSame(document.errors, [], `${name}.yaml parses`)
      return document.toJS() as Node
    }),
  )
  const called = (kind: string, name: string): Node =>
    documents.find((one) => String(one['kind']) === kind && String(one['metadata']!['name']) === name)!
  for (const { apiVersion, kind, metadata } of documents)
    t.ok(apiVersion && kind && metadata!['name'] && metadata!['labels'], `${kind} has its members`)

  for (const workload of [called('Deployment', 'stint'), called('StatefulSet', 'stint-database')]) {
    const { template, selector } = workload['spec']!
    const pod = template!['spec']!
    const [container] = Object.values(pod!['containers']!)
    t.strictSame(selector!['matchLabels'], template!['metadata']!['labels'], 'it selects its own pods')
    t.match(pod['securityContext'], { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    t.ok(Number(pod['securityContext']!['runAsUser']) > 0)
    t.equal(pod['automountServiceAccountToken'], false)
    t.match(container!['securityContext'], {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    t.ok(container!['resources']!['limits']!['memory'])
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) t.ok(container![probe], probe)
    for (const { name, value, valueFrom } of Object.values(container!['env']!))
      if (/PASSWORD|SECRET|TOKEN/.test(String(name))) {
        t.equal(value, undefined, `${name} is a reference`)
        t.strictSame(valueFrom!['secretKeyRef'], { name: 'stint-database', key: 'password' })
      }
  }

  const pod = called('Deployment', 'stint')['spec']!['template']!['spec']!
  const [container] = Object.values(pod!['containers']!)
  t.equal(container!['livenessProbe']!['httpGet']!['path'], '/healthz', 'a missing database restarts nobody')
  t.equal(container!['readinessProbe']!['httpGet']!['path'], '/readyz')
  // STS has ten seconds, and the pause comes first.
  t.ok(Number(pod['terminationGracePeriodSeconds']) > 5 + 10)
  const budget = called('PodDisruptionBudget', 'stint')['spec']!
  t.ok(
    Number(budget['minAvailable']) < Number(called('Deployment', 'stint')['spec']!['replicas']),
    'a node can be drained',
  )
  t.strictSame(budget['selector']!['matchLabels'], called('Service', 'stint')['spec']!['selector'])

  const compose = parse(text('deploy/compose/compose.yaml')) as Node
  const { stint, postgres } = compose['services']!
  t.match(stint, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  t.ok(Number.parseInt(String(stint!['stop_grace_period'])) > 10)
  t.ok(existsSync(join(root, 'deploy/compose', String(stint!['build']), 'Dockerfile')))
  t.match(
    stint!['environment']!['PGPASSWORD'],
    /^\$\{POSTGRES_PASSWORD:\?/,
    'without a password it does not start',
  )
  t.match(postgres!['environment']!['POSTGRES_PASSWORD'], /^\$\{POSTGRES_PASSWORD:\?/)

  const traced = parse(text('deploy/compose/traces.yaml')) as Node
  const endpoint = String(traced['services']!['stint']!['environment']!['OTEL_EXPORTER_OTLP_ENDPOINT'])
  t.ok(traced['services']![new URL(endpoint).hostname], 'spans go to the collector that is there')
  t.ok(parse(String(traced['configs']!['collector']!['content'])), 'whose configuration parses')

  const stores = () => [stint!['environment']!['STINT_STORE'], variable!['value']].map(String)
  const [variable] = Object.values(container!['env']!)
  for (const store of stores()) {
    const { store: place, traces } = loadConfig({
      file: text('stint.example.yaml'),
      env: { STINT_STORE: store, STINT_LISTEN: '0.0.0.0:8080', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    })
    t.strictSame(place, { url: store }, 'Stint takes its settings')
    t.strictSame(traces, { url: `${endpoint}/v1/traces` })
  }
  const services = ['postgres', called('Service', 'stint-database')['metadata']!['name']]
  t.strictSame(
    stores().map((store) => new URL(store).hostname),
    services,
    'and finds its database',
  )
})
