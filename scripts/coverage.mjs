import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * Lines of src/ that ran, from tap's json-summary report. A file that no test loaded counts as not covered
 * at all, unless it holds only types and so compiles to nothing.
 *
 * Returns { covered, total, files: [{ name, covered, total }] }, the least covered file first.
 */
export function sourceCoverage(root) {
  const report = join(root, '.tap', 'report', 'coverage-summary.json')
  const summary = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
  const loaded = new Map(Object.entries(summary).map(([path, { lines }]) => [relative(root, path), lines]))
  const files = readdirSync(join(root, 'src'), { recursive: true })
    .map((name) => join('src', name))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && hasCode(root, name))
    .map((name) => {
      const lines = loaded.get(name) ?? { covered: 0, total: lineCount(join(root, name)) }
      return { name, covered: lines.covered, total: lines.total }
    })
    .sort((a, b) => a.covered / a.total - b.covered / b.total || (a.name < b.name ? -1 : 1))
  const sum = (key) => files.reduce((all, file) => all + file[key], 0)
  return { covered: sum('covered'), total: sum('total'), files }
}

/** A percentage with two places, rounded down, so that 94.999 does not read as the floor. */
export function percent({ covered, total }) {
  return total === 0 ? 0 : Math.floor((covered / total) * 10_000) / 100
}

function hasCode(root, name) {
  const compiled = join(root, 'build', name.replace(/\.ts$/, '.js'))
  const code = readFileSync(compiled, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
  return code.trim() !== 'export {};'
}

function lineCount(path) {
  return readFileSync(path, 'utf8').trimEnd().split('\n').length
}
