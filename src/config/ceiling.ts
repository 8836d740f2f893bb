import { actionFault } from '../iam/action.js'
import { arnFault } from '../iam/arn.js'
import type { Conditions, Statement } from '../iam/statement.js'
import { entries, items, present, type Path, type Report } from './fault.js'
import type { Items, StatementEntry } from './file.js'

/** `{account}`, and anything that looks like it; `${...}` is a policy variable of IAM's own. */
const placeholder = /(?<!\$)\{([^{}]*)\}/g

/** What is wrong with a template, in a sentence. */
export function templateFault(text: string): string | undefined {
  const odd = [...text.matchAll(placeholder)].find(([, name]) => name !== 'account')
  return odd ? `has the placeholder ${odd[0]}; the only one there is is {account}` : undefined
}

export const fill = (template: string, account: string): string =>
  template.replace(placeholder, (whole, name) => (name === 'account' ? account : whole))

/** Reports what is wrong with a ceiling whatever the account is. */
export function checkCeiling(rows: Items<StatementEntry> | undefined, path: Path, report: Report): void {
  for (const [at, row] of present(rows)) {
    for (const [place, action] of present(row.actions)) {
      const fault = actionFault(action)
      if (fault !== undefined) report([...path, at, 'actions', place], fault)
    }
    for (const [place, resource] of present(row.resources)) {
      const fault = templateFault(resource) ?? arnFault(fill(resource, '000000000000'))
      if (fault !== undefined) report([...path, at, 'resources', place], fault)
    }
    for (const [operator, keys] of entries(row.conditions)) {
      for (const [key, value] of entries(keys)) {
        const fault = valuesOf(value)
          .map(templateFault)
          .find((one) => one !== undefined)
        if (fault !== undefined) report([...path, at, 'conditions', operator, key], fault)
      }
    }
  }
}

const valuesOf = (value: string | Items<string>): readonly string[] =>
  typeof value === 'string' ? [value] : items(value)

/** The ceiling in one account. */
export const fillCeiling = (rows: Items<StatementEntry> | undefined, account: string): readonly Statement[] =>
  items(rows).map(({ actions, resources, conditions }) => ({
    actions: items(actions),
    resources: items(resources).map((resource) => fill(resource, account)),
    ...(conditions && { conditions: fillConditions(conditions, account) }),
  }))

function fillConditions(conditions: NonNullable<StatementEntry['conditions']>, account: string): Conditions {
  return Object.fromEntries(
    [...entries(conditions)].map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        [...entries(keys)].map(([key, value]) => [key, valuesOf(value).map((text) => fill(text, account))]),
      ),
    ]),
  )
}
