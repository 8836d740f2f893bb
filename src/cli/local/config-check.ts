import { unchecked } from '../../config/checkpoints.js'
import { formatFinding, standing } from '../../config/lint.js'
import { loadConfig } from '../../config/load.js'
import type { Instant } from '../../time.js'
import { failure, type Answer } from '../answer.js'

/**
 * `stint config check`: says everything that is wrong with a configuration, or what it comes to and what the
 * lint finds in its ceilings. `name` is how the file is called in the faults.
 */
export function configCheck(
  name: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  now: Instant,
): Answer {
  try {
    const { catalog, issuers, findings, checkpoints } = loadConfig({ file, env })
    const { roles, approvals, deny, hash } = catalog
    const counts = [
      count(issuers.length, 'issuer'),
      count(roles.size, 'role'),
      count(approvals.length, 'approval rule'),
      count(deny.length, 'deny entry', 'deny entries'),
    ]
    const warnings = findings
      .filter((finding) => standing(finding, now) !== 'allowed')
      .map((finding) => `${formatFinding(finding, now, name)}\n`)
    const unsigned = unchecked(checkpoints)
    return {
      exit: 0,
      out: `${name} is valid: ${counts.join(', ')}.\nhash ${hash}\n`,
      err: warnings.join('') + (unsigned === undefined ? '' : `${name}: warn ${unsigned}\n`),
    }
  } catch (error) {
    return failure(error, name)
  }
}

const count = (number: number, one: string, more = `${one}s`) => `${number} ${number === 1 ? one : more}`
