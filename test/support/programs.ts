import { spawnSync } from 'node:child_process'

/**
 * Why a test that needs these programs cannot run here: false when all are there. Where `STINT_TEST_PROGRAMS` is
 * `required`, as in CI, it is never skipped, and fails for want of them.
 */
export function without(...programs: readonly string[]): false | string {
  if (process.env['STINT_TEST_PROGRAMS'] === 'required') return false
  const missing = programs.filter(
    (program) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status !== 0,
  )
  return missing.length > 0 && `${missing.join(' and ')} not installed here`
}
