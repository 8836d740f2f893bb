import { readFileSync, readdirSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import t from 'tap'
import { architectureFaults } from './support/architecture.js'
import { codeOnly, importsOf, type SourceFile } from './support/source.js'

const root = resolve(import.meta.dirname, '..', '..')

/** Every file in a folder of the tree, at any depth. */
function read(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(root, file).split(sep).join('/'), text: readFileSync(file, 'utf8') }))
}

const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}
const allowed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)]

t.test('the tree keeps to the table of rooms and to the rules of the house', async (t) => {
  const source = read('src')
  const files = [...source, ...['test', 'demo', 'smoke', 'faults', 'migrations'].flatMap(read)]
  t.ok(source.length > 20, 'the source was found')
  t.ok(files.some(({ path }) => path.endsWith('.sql')))
  t.strictSame(architectureFaults(files, allowed), [])
})

t.test('each rule fires on what it forbids, and on nothing that it does not', async (t) => {
  const faults = (path: string, text: string): readonly string[] =>
    architectureFaults([{ path, text }], allowed).map((fault) => fault.slice(path.length + 2))
  const breaks = (path: string, text: string, fault: string): void =>
    void t.strictSame(faults(path, text), [fault], `${path}: ${text.slice(0, 70)}`)
  const keeps = (path: string, text: string): void =>
    void t.strictSame(faults(path, text), [], `${path}: ${text.slice(0, 70)}`)

  // Rooms know what stands left of them, and no neighbour.
  breaks('src/iam/a.ts', "import { x } from '../identity/b.js'", 'iam imports identity')
  breaks('src/identity/a.ts', "import type { X } from '../iam/b.js'", 'identity imports iam')
  breaks('src/iam/a.ts', "export * from '../grant/b.js'", 'iam imports grant')
  breaks('src/iam/a.ts', "import '../grant/b.js'", 'iam imports grant')
  breaks('src/decision/a.ts', "const x = await import('../audit/b.js')", 'decision imports audit')
  breaks('src/decision/a.ts', "type X = import('../audit/b.js').X", 'decision imports audit')
  breaks('src/approval/a.ts', "import {\n  x,\n  y,\n} from '../catalog/b.js'", 'approval imports catalog')
  breaks('src/fault.ts', "import { x } from './time.js'", 'fault imports time')
  breaks('src/store/sqlite/a.ts', "import { x } from '../../mint/b.js'", 'store imports mint')
  breaks('src/mint/a.ts', "import { x } from '../config/b.js'", 'mint imports config')
  breaks('src/config/a.ts', "import { x } from '../store/b.js'", 'config imports store')
  breaks('src/http/a.ts', "import { x } from '../jobs/b.js'", 'http imports jobs')
  breaks('src/http/a.ts', "import { x } from '../app.js'", 'http imports app')
  breaks('src/app.ts', "import { x } from './cli/b.js'", 'app imports cli')
  breaks('src/misc/a.ts', '', 'misc is no room of the design')
  const sink = '../../test/support/sts.js'
  breaks('src/http/a.ts', `import { x } from '${sink}'`, `imports ${sink}, which is not in src`)
  breaks('src/http/a.ts', "import { x } from './b'", 'imports ./b without .js')
  breaks('src/http/a.ts', 'const x = await import(name)', 'imports a computed name')
  breaks('src/http/a.ts', "const x = require('./b.js')", 'requires a module')
  breaks('src/http/a.ts', "import { join } from 'path'", 'imports path without node:')
  breaks('src/http/a.ts', "import x from 'oidc-provider'", 'imports oidc-provider, no dependency')
  keeps('src/catalog/a.ts', "import { x } from '../approval/b.js'\nimport { y } from '../iam/c.js'")
  keeps('src/store/sqlite/a.ts', "import { x } from '../../grant/store.js'\nimport { y } from './b.js'")
  keeps('src/cli/local/a.ts', "import { x } from '../../main.js'\nimport { y } from '../../iam/b.js'")
  const wall = "import { x } from '../local/b.js'"
  breaks('src/cli/remote/a.ts', wall, 'cli/remote imports src/cli/local/b.js')
  breaks('src/cli/remote/a.ts', "import { x } from '../../grant/b.js'", 'cli/remote imports src/grant/b.js')
  keeps('src/cli/remote/a.ts', "import { x } from '../../audit/b.js'")
  keeps('src/cli/remote/a.ts', "import { x } from './b.js'\nimport type { Y } from '../../http/contract.js'")
  keeps('src/iam/a.ts', "// import { x } from '../grant/b.js'\nconst s = \"from '../grant/c.js'\"")

  // Up to grant: tables in, values out.
  for (const name of ['fastify', '@fastify/jwt', 'drizzle-orm/better-sqlite3', 'better-sqlite3'])
    breaks('src/grant/a.ts', `import x from '${name}'`, `grant imports ${name}`)
  breaks('src/audit/a.ts', "import { S } from '@aws-sdk/client-sts'", 'audit imports @aws-sdk/client-sts')
  for (const name of ['fs', 'fs/promises', 'net', 'http', 'https', 'worker_threads', 'child_process'])
    breaks('src/catalog/a.ts', `import { x } from 'node:${name}'`, `catalog imports node:${name}`)
  breaks('src/identity/a.ts', "import { isIP, Socket } from 'node:net'", 'identity imports node:net')
  keeps('src/identity/a.ts', "import { isIP } from 'node:net'\nimport ipaddr from 'ipaddr.js'")
  keeps('src/store/a.ts', "import { readFileSync } from 'node:fs'\nimport D from 'better-sqlite3'")

  // The process, the clock and chance come in from outside.
  breaks('src/http/a.ts', 'const x = process.env.HOME', 'touches process')
  breaks('src/http/a.ts', 'const { env } = process', 'touches process')
  breaks('src/http/a.ts', 'const s = `${process.pid}`', 'touches process')
  breaks('src/http/a.ts', 'const x = globalThis.process', 'touches process')
  breaks('src/http/a.ts', "import { env } from 'node:process'", 'imports node:process')
  keeps('src/main.ts', "import { env } from 'node:process'\nprocess.exit(1)")
  keeps('src/identity/a.ts', '// the process ends\nconst x = ipaddr.process(text)')
  for (const clock of ['Date.now()', 'new Date()', 'new Date( )', 'new Date', 'Date()', 'f(Date.now)'])
    breaks('src/grant/a.ts', `const x = ${clock}`, 'reads the clock')
  for (const chance of ['Math.random()', 'randomUUID()', 'crypto.randomBytes(8)'])
    breaks('src/grant/a.ts', `const x = ${chance}`, 'draws randomness')
  keeps('src/grant/a.ts', "const x = new Date(at).toISOString()\nconst s = 'Date.now()'")
  keeps('src/app.ts', 'const clock = Date.now\nconst id = randomUUID()')

  // One table chooses the status.
  breaks('src/http/a.ts', 'reply.code(404)', 'chooses an error status by itself')
  breaks('src/http/a.ts', 'reply.status( 503 )', 'chooses an error status by itself')
  breaks('src/http/a.ts', 'reply.raw.statusCode = 500', 'chooses an error status by itself')
  keeps('src/http/problems.ts', 'reply.code(404)')
  keeps('src/http/a.ts', 'reply.code(201)')

  // The house.
  for (const path of ['src/iam/a.ts', 'test/support/a.ts', 'demo/a.ts']) {
    for (const type of ['const x: any = 1', 'f(x as any)', 'type X = Map<string, any>', 'let x: any[]'])
      breaks(path, type, 'has the type any')
    breaks(path, '// @ts-' + 'ignore', 'silences the compiler')
    breaks(path, '// @ts-' + 'expect-error why', 'silences the compiler')
    breaks(path, '/* c8 ' + 'ignore next */', 'hides from coverage')
    breaks(path, 'export default 1', 'has a default export')
    breaks(path, '\n'.repeat(300) + '1', 'has 301 lines, more than 300')
    keeps(path, '\n'.repeat(299) + '1')
  }
  keeps('src/iam/a.ts', "// any\nconst x = { from: 'any', any: 1 }\nlist.push(any)\n" + '\n'.repeat(200))
  breaks('src/iam/SessionPolicy.ts', '', 'is not in kebab-case')

  // Where tests and migrations lie.
  breaks('test/elsewhere/a.test.ts', '', 'mirrors no room')
  breaks('test/elsewhere.test.ts', '', 'mirrors no room')
  t.strictSame(
    architectureFaults(
      ['src/iam/a.ts', 'src/time.ts', 'test/iam/a.test.ts', 'test/time.test.ts', 'test/support/b.ts'].map(
        (path) => ({ path, text: '' }),
      ),
      [],
    ),
    [],
  )
  breaks('migrations/sqlite/1_spine.sql', '', 'is misnamed')
  breaks('migrations/oracle/0001_spine.sql', '', 'is misnamed')
  breaks('migrations/sqlite/0002_more.sql', '', 'is out of sequence')
  keeps('migrations/postgres/0001_spine.sql', '')
})

t.test('prose, strings and patterns are not code; what stands between them is', async (t) => {
  const visible = (text: string): string => codeOnly(text).replace(/\s+/g, ' ').trim()
  t.equal(visible("a = 'it\\'s' + b // c"), "a = ' ' + b")
  t.equal(visible('a /* b\n * c */ d'), 'a d')
  t.equal(visible('f(/["\'/]\\//g, b)'), 'f(/ /g, b)')
  t.equal(visible('a / b / c'), 'a / b / c')
  t.equal(visible('x = `a ${b + `c ${{ d: 1 }.d} e`} f` + g'), 'x = ` ${b + ` ${{ d: 1 }.d} `} ` + g')
  const text = 'let a = "x"\n// y\nb'
  t.equal(codeOnly(text).length, text.length, 'everything stays in its place')
  t.strictSame(
    importsOf({ path: 'a.ts', text: "import a, { b } from \"x\"\nexport * from 'y'\nimport 'z'" }),
    ['x', 'y', 'z'],
  )
})
