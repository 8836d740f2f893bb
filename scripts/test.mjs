// `npm test`: sets up, builds, runs every test with coverage and ends with the line `N passed, N failed`.
// `npm test -- test/iam` runs the files whose path starts so, without coverage, and shows their output.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { percent, sourceCoverage } from './coverage.mjs'
import { tapReader } from './tap-totals.mjs'

const floor = 95

/** Stands in every secret that STS makes on loopback; tests search what a broker wrote, and this what they print. */
const canary = 'MintedOnLoopback'
const root = resolve(import.meta.dirname, '..')
const filters = process.argv.slice(2).map((filter) => filter.replace(/^\.\//, '').replace(/\.[jt]s$/, ''))

function finish({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

function setUp() {
  const setup = join(root, 'scripts', 'setup.mjs')
  return spawnSync(process.execPath, [setup], { stdio: 'inherit' }).status === 0
}

/** Compiled test files, as `build/test/iam/pattern.test.js`. */
function testFiles() {
  const folder = join(root, 'build', 'test')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => `build/test/${name.replaceAll('\\', '/')}`)
    .filter((name) => filters.length === 0 || filters.some((filter) => name.startsWith(`build/${filter}`)))
    .sort()
}

/** What tap says of every failure and helps with none: how it started the file. */
const noise = /^(stdio|cwd|externalID|command|args|jobId):|^  - |^signal: null/

const asSource = (name) => name.replace(/^build\//, '').replace(/\.test\.js$/, '.test.ts')

function show(file) {
  const skipped = file.skipped + file.todo > 0 ? `, ${file.skipped} skipped, ${file.todo} to do` : ''
  console.log(`${file.failed ? 'FAIL' : 'ok  '} ${asSource(file.name)}  ${file.passed} passed${skipped}`)
  for (const { where, detail } of file.failures) {
    console.log(`  not ok: ${where}`)
    for (const text of detail.filter((text) => !noise.test(text))) console.log(`    ${text}`)
  }
  if (file.failed || filters.length > 0) for (const text of file.output) console.log(`  | ${text}`)
}

/** Runs tap over the files; resolves to the totals, in which all that did not report has failed. */
async function runTap(files) {
  const all = filters.length === 0
  const args = [
    join(root, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs'),
    'run',
    '--reporter=tap',
    `--node-arg=--import=${pathToFileURL(join(root, 'scripts', 'tap-preload.mjs'))}`,
    // One at a time, tap still names the subtest that hung.
    ...(all ? ['--coverage-report=json-summary'] : ['--disable-coverage', '--jobs=1']),
    ...files,
  ]
  // The AWS SDK warns of Node 20 once a process; that is known (docs/operating.md), and would drown the rest.
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  const tap = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((done) => {
    tap.on('error', (error) => done(error.message))
    tap.on('close', (code, signal) => done(signal ?? code))
  })
  const reported = new Set()
  const reader = tapReader((file) => {
    reported.add(file.name)
    show(file)
  })
  let told = 0
  for await (const line of createInterface({ input: tap.stdout })) {
    if (line.includes(canary)) told += 1
    reader.line(line)
  }
  const totals = reader.end()
  if (told > 0) {
    console.log(
      `FAIL ${told} lines that tests printed hold a secret that was minted (test/support/canary.ts)`,
    )
    totals.failed += 1
  }
  const code = await ended
  for (const file of files.filter((file) => !reported.has(file))) {
    console.log(`FAIL ${asSource(file)}  did not report`)
    totals.failed += 1
  }
  if (code !== 0 && totals.failed === 0) {
    console.log(`FAIL tap itself ended with ${code}`)
    totals.failed += 1
  }
  return totals
}

/** Prints how much of src/ ran; true when that is at least the floor. */
function enoughCoverage() {
  const coverage = sourceCoverage(root)
  const enough = percent(coverage) >= floor
  console.log(`\ncoverage: ${percent(coverage)} % of the lines in src (floor ${floor} %)`)
  for (const file of coverage.files.filter((file) => percent(file) < floor).slice(0, enough ? 5 : 20))
    console.log(`  ${String(percent(file)).padStart(6)} %  ${file.name}`)
  return enough
}

if (!setUp()) finish({ passed: 0, failed: 1 })
const files = testFiles()
if (files.length === 0) {
  console.log(`no test file${filters.length > 0 ? ` starts with ${filters.join(' or ')}` : ''}`)
  finish({ passed: 0, failed: 1 })
}
rmSync(join(root, '.tap', 'report'), { recursive: true, force: true })
const totals = await runTap(files)
if (totals.skipped + totals.todo > 0) console.log(`${totals.skipped} skipped, ${totals.todo} to do`)
if (filters.length === 0 && !enoughCoverage()) {
  console.log('FAIL coverage is below the floor')
  totals.failed += 1
}
finish(totals)
