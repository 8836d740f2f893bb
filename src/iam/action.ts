import { within } from './pattern.js'

const longest = 128

/**
 * Says in a sentence what is wrong with an action of an ask or a ceiling, or undefined. An action is
 * `service:Action` with `*` and `?` in the action's name only, or `*`.
 */
export function actionFault(text: string): string | undefined {
  if (text === '*') return undefined
  if (text === '') return 'An action is empty; write it as service:Action, such as s3:GetObject.'
  if (text.length > longest) return `An action is longer than ${longest} characters.`
  if (!/^[\x21-\x7e]+$/.test(text)) return 'An action has a character that is not printable ASCII.'
  const parts = text.split(':')
  if (parts.length !== 2) return `${text} is not of the form service:Action, such as s3:GetObject.`
  const [service = '', name = ''] = parts
  if (/[*?]/.test(service)) {
    return `${text} has a wildcard in the service's name; name the service, or write * alone.`
  }
  if (!/^[A-Za-z0-9-]+$/.test(service)) return `${text} does not start with the name of a service.`
  if (!/^[A-Za-z0-9_*?-]+$/.test(name)) return `${text} has no well-formed action after its colon.`
  return undefined
}

/** IAM compares actions without regard to case. */
export const sameAction = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Whether every action of the pattern `inner` is provably one of `outer`. */
export const actionWithin = (inner: string, outer: string): boolean => within(inner, outer, { fold: true })
