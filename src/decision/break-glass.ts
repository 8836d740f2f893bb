import { describe, subjectsOnly, whoMatches } from '../approval/who.js'
import type { Role } from '../catalog/catalog.js'
import { fail, guarded, pass } from './checks.js'
import type { Check } from './decision.js'
import { viewOf, type Matter } from './question.js'

/**
 * Whether this person may have this role without those who would have to agree. Nothing but their votes is passed over:
 * every other check is made as ever.
 */
export const glassMayBreak = (matter: Matter, { name, breakGlass }: Role): Check =>
  guarded('break_glass', () => {
    const { asker, unreviewed = 0 } = matter
    if (!breakGlass)
      return fail(
        'break_glass',
        `The role ${name} cannot be had by breaking the glass.`,
        'Ask without it; those who must agree are told at once.',
      )
    const { who, reviewers, unreviewed: most } = breakGlass
    if (asker.kind !== 'person' || !whoMatches(who, asker, viewOf(matter, asker)))
      return fail(
        'break_glass',
        `The glass of ${name} is broken by persons alone who are ${describe(who)}.`,
        'Ask without it, or have one of these ask.',
      )
    const named = subjectsOnly(reviewers)
    if (named && [...named].every((subject) => subject === asker.subject))
      return fail(
        'break_glass',
        'Nobody could review this: nobody signs off what they did themselves.',
        'The operator must name another reviewer.',
      )
    if (unreviewed >= most)
      return fail(
        'break_glass',
        `${unreviewed} uses of this person wait for their review, and there may be ${most}.`,
        'Have one of them signed off: GET /v1/grants?review=open lists them.',
      )
    return pass(
      'break_glass',
      `The glass is broken: nobody needs to agree first, and ${describe(reviewers)} must review it.`,
    )
  })
