import { parseArn, type Arn } from './arn.js'

const parts = ['partition', 'service', 'region', 'account', 'resource'] as const

/** The resource part with the one step of its path that differs marked, where it is only one. */
function marked(asked: string, allowed: string): readonly [string, string] {
  const [a, b] = [asked, allowed].map((text) => text.split(/([/:])/)) as [string[], string[]]
  const apart = a.flatMap((step, i) => (step === b[i] ? [] : [i]))
  const [at] = apart
  if (a.length !== b.length || apart.length !== 1 || at === undefined) return [`[${asked}]`, `[${allowed}]`]
  const mark = (steps: readonly string[]): string =>
    steps.map((step, i) => (i === at ? `[${step}]` : step)).join('')
  return [mark(a), mark(b)]
}

function inWords(part: keyof Arn, asked: Arn, allowed: Arn): string {
  const [is, may] =
    part === 'resource'
      ? marked(asked.resource, allowed.resource)
      : [`[${asked[part]}]`, `[${allowed[part]}]`]
  return `its ${part} is ${is} where ${may} is allowed`
}

/**
 * What differs between an ARN that was asked for and one that could be had, in words for a sentence, with
 * the differing text in brackets; undefined where they do not compare.
 */
export function difference(asked: string, allowed: string): string | undefined {
  const [a, b] = [parseArn(asked), parseArn(allowed)]
  if (!a || !b) return undefined
  const apart = parts.filter((part) => a[part] !== b[part])
  return apart.length > 0 ? apart.map((part) => inWords(part, a, b)).join(', and ') : undefined
}
