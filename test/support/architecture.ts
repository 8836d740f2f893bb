import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { codeOnly, importsOf, type SourceFile } from './source.js'

/** Rooms from left to right. A room knows itself and what stands left of it, not its neighbours. */
const tiers = [
  ['fault', 'lately', 'version'],
  ['time'],
  ['iam', 'identity'],
  ['cost', 'approval'],
  ['catalog'],
  ['decision'],
  ['audit'],
  ['grant'],
  ['store', 'mint', 'config'],
  ['http', 'slack', 'jobs'],
  ['app'],
  ['main'],
  ['cli'],
]
const tierOf = (room: string): number => tiers.findIndex((tier) => tier.includes(room))

/** The last room that is tables in, values out. */
const lastPure = tierOf('grant')
const outside =
  /^(fastify|@fastify\/.*|fastify-.*|drizzle-orm|better-sqlite3|pg|@aws-sdk\/.*|@smithy\/.*|@slack\/.*)(\/|$)/
const outsideNode = new Set(
  ['fs', 'net', 'http', 'https', 'http2', 'tls', 'dns', 'dgram', 'worker_threads', 'child_process'].flatMap(
    (name) => [`node:${name}`, `node:${name}/promises`],
  ),
)

const entries = ['src/main.ts', 'src/cli/main.ts']
const wiring = [...entries, 'src/app.ts']
const generated = ['src/http/contract.ts', 'src/iam/service-data.ts']
const maxLines = 300

/** The half of the command line that talks to a broker, and all that it knows of Stint beside itself. */
const remote = 'src/cli/remote/'
const remoteKnows = /^src\/((fault|time|version|http\/contract)\.js$|audit\/)/

/** The room of a file under src/: its folder, or its own name where it lies in none. */
export function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '')
}

/**
 * Everything in these files that breaks the table of rooms or a rule of the house, one sentence each, with
 * the file first. `dependencies` are the packages that the product itself may import.
 */
export function architectureFaults(
  files: readonly SourceFile[],
  dependencies: readonly string[],
): readonly string[] {
  const rooms = new Set(files.filter(({ path }) => path.startsWith('src/')).map(({ path }) => roomOf(path)))
  return [
    ...files.flatMap((file) =>
      [
        ...(file.path.endsWith('.ts') ? houseRules(file) : []),
        ...(file.path.startsWith('src/') ? [...importRules(file, dependencies), ...sourceRules(file)] : []),
        ...(file.path.startsWith('test/') ? testPlace(file.path, rooms) : []),
      ].map((fault) => `${file.path}: ${fault}`),
    ),
    ...migrationFaults(files.map(({ path }) => path).filter((path) => path.startsWith('migrations/'))),
  ]
}

function houseRules({ path, text }: SourceFile): string[] {
  const code = codeOnly(text)
  const faults: string[] = []
  if (/(?:[:<]|=>|\bas)\s*any\b(?!\s*[:(.'"])|[,|&]\s*any\s*[>[\]|&]/.test(code))
    faults.push('has the type any')
  if (/@ts-(?:ignore|expect-error|nocheck)/.test(text)) faults.push('silences the compiler')
  if (/(?:c8|v8|istanbul) ignore/.test(text)) faults.push('hides from coverage')
  if (/\bexport default\b/.test(code)) faults.push('has a default export')
  const lines = text.trimEnd().split('\n').length
  // A test file costs half a second to start, so tests are few and full.
  const unbounded = generated.includes(path) || /\.test\.ts$|^test\/contract\//.test(path)
  if (lines > maxLines && !unbounded) faults.push(`has ${lines} lines, more than ${maxLines}`)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(posix.basename(path)))
    faults.push('is not in kebab-case')
  return faults
}

function importRules(file: SourceFile, dependencies: readonly string[]): string[] {
  const room = roomOf(file.path)
  if (tierOf(room) < 0) return [`${room} is no room of the design`]
  const faults = /\b(?:createRequire|require)\s*\(/.test(codeOnly(file.text)) ? ['requires a module'] : []
  for (const name of importsOf(file)) {
    if (name === undefined) faults.push('imports a computed name')
    else if (name.startsWith('.')) faults.push(...relativeImport(file.path, name))
    else faults.push(...packageImport(file, name, dependencies))
  }
  return faults
}

function relativeImport(path: string, name: string): string[] {
  const target = posix.join(posix.dirname(path), name)
  if (!target.startsWith('src/')) return [`imports ${name}, which is not in src`]
  const [from, to] = [roomOf(path), roomOf(target.replace(/\.js$/, '.ts'))]
  const faults = name.endsWith('.js') ? [] : [`imports ${name} without .js`]
  if (from !== to && tierOf(to) >= tierOf(from)) faults.push(`${from} imports ${to}`)
  if (path.startsWith(remote) && !(target.startsWith(remote) || remoteKnows.test(target)))
    faults.push(`cli/remote imports ${target}`)
  return faults
}

function packageImport(file: SourceFile, name: string, dependencies: readonly string[]): string[] {
  const owner = name.split('/').slice(0, name.startsWith('@') ? 2 : 1)
  if (isBuiltin(name) && !name.startsWith('node:')) return [`imports ${name} without node:`]
  if (!isBuiltin(name) && !dependencies.includes(owner.join('/'))) return [`imports ${name}, no dependency`]
  if (name === 'node:process' && !entries.includes(file.path)) return ['imports node:process']
  const room = roomOf(file.path)
  if (tierOf(room) > lastPure || !(outside.test(name) || outsideNode.has(name))) return []
  const onlyIsIP = /\bimport\s*\{\s*isIP\s*\}\s*from\s*['"]node:net['"]/.test(file.text)
  return room === 'identity' && name === 'node:net' && onlyIsIP ? [] : [`${room} imports ${name}`]
}

function sourceRules({ path, text }: SourceFile): string[] {
  const code = codeOnly(text)
  const faults: string[] = []
  const touchesProcess = /(?<![.\w$#])process\b(?!\s*:)|\bglobalThis\b[^\n]*\bprocess\b/
  if (!entries.includes(path) && touchesProcess.test(code)) faults.push('touches process')
  if (!wiring.includes(path)) {
    if (/\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^)\s])|(?<!new\s)\bDate\(/.test(code))
      faults.push('reads the clock')
    if (/\bMath\.random\b|\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/.test(code))
      faults.push('draws randomness')
  }
  const status = /\.(?:code|status)\(\s*[45]|\bstatusCode\s*=\s*[45]/
  if (path !== 'src/http/problems.ts' && status.test(code)) faults.push('chooses an error status by itself')
  return faults
}

/** A test lies where its room does, or among what has no room of its own. */
function testPlace(path: string, rooms: ReadonlySet<string>): string[] {
  const [, place = ''] = path.split('/')
  const shared = ['contract', 'support', 'journeys', 'architecture.test.ts', 'tooling.test.ts']
  return shared.includes(place) || rooms.has(place.replace(/(\.test)?\.ts$/, '')) ? [] : ['mirrors no room']
}

/** Migrations are `0001_words.sql` on, one number each without a gap, in the folder of their dialect. */
function migrationFaults(paths: readonly string[]): string[] {
  const name = /^migrations\/(?:sqlite|postgres)\/(\d{4})_[a-z0-9_]+\.sql$/
  const misnamed = paths.filter((path) => !name.test(path)).map((path) => `${path}: is misnamed`)
  const gaps = ['sqlite', 'postgres'].flatMap((dialect) =>
    paths
      .filter((path) => path.startsWith(`migrations/${dialect}/`) && name.test(path))
      .sort()
      .filter((path, index) => Number(name.exec(path)?.[1]) !== index + 1)
      .map((path) => `${path}: is out of sequence`),
  )
  return [...misnamed, ...gaps]
}
