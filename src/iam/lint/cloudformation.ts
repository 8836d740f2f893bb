import { isObject } from '../json.js'
import { unknownService } from './grants.js'
import { plainText } from './plain-text.js'

/** What a template's own account and others are taken to be, where only the deployment knows them. */
export const ownAccount = '000000000000'
const someAccount = '111111111111'

/** Values that every template knows (CloudFormation user guide, "Pseudo parameters reference"). */
const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': ownAccount,
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
}

/** Stands in a text for a value that only the deployment knows. */
const mark = '\u0000'

/** The ARN of something in this template, of which nothing else is known. */
const arnOf = (name: string): string => `arn:aws:${unknownService}:us-east-1:${ownAccount}:${name}`

/** Below the keys of principals a reference is to a role or a user. */
const principalOf = (name: string): string => `arn:aws:iam::${ownAccount}:role/${name}`

/** What a name stands for inside a longer text: `Role.Arn` and the like are ARNs. */
const part = (name: string): string => (/Arn$/.test(name) ? arnOf(name) : mark + name)

/** Marked values take the form of the part of the ARN that they stand in. */
function settle(text: string): string {
  if (!text.includes(mark)) return text
  const parts = text.split(':')
  if (parts[0] !== 'arn' || parts.length < 6) return text.replaceAll(mark, '')
  const given = ['arn', 'aws', unknownService, 'us-east-1', someAccount]
  return parts
    .map((part, place) => (part.includes(mark) && given[place] !== undefined ? given[place] : part))
    .join(':')
    .replaceAll(mark, '')
}

function substitute(text: string, values: Readonly<Record<string, unknown>>): string {
  return text.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`
    const given = values[name]
    if (given !== undefined) return plainText(resolve(given, arnOf))
    return pseudo[name] ?? part(name)
  })
}

/** An intrinsic function as the text, or list of texts, that comes nearest to what it will be. */
function call(name: string, value: unknown, alone: (name: string) => string): unknown {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const inside = (item: unknown): string => plainText(resolve(item, part))
  switch (name) {
    case 'Ref':
      return pseudo[plainText(value)] ?? alone(plainText(value))
    case 'Fn::GetAtt':
      return /Arn$/.test(list.join('.')) ? alone(list.join('.')) : mark + list.join('.')
    case 'Fn::Sub': {
      const [text, values] = list
      return settle(substitute(plainText(text), isObject(values) ? values : {}))
    }
    case 'Fn::Join': {
      const [between, parts] = list
      return Array.isArray(parts) ? settle(parts.map(inside).join(plainText(between))) : alone('Join')
    }
    case 'Fn::If':
      return list
        .slice(1)
        .map((item) => resolve(item, alone))
        .filter((item) => item !== undefined)
    default:
      return alone(name.slice('Fn::'.length))
  }
}

const callOf = (value: Readonly<Record<string, unknown>>): string | undefined => {
  const [name, ...more] = Object.keys(value)
  return name !== undefined && more.length === 0 && /^(Ref|Fn::\w+)$/.test(name) ? name : undefined
}

/**
 * A part of a template with its intrinsic functions written out as far as the template itself says. What only
 * the deployment knows becomes something of the right form that no rule fires on. Both sides of an `Fn::If`
 * count. Nested at most as deep as the caller has checked.
 */
export function resolve(value: unknown, alone: (name: string) => string = arnOf): unknown {
  if (Array.isArray(value))
    return value.flatMap((item) => {
      const one = resolve(item, alone)
      // A choice inside a list is one of its items, or both.
      return Array.isArray(one) && isObject(item) ? (one as unknown[]) : one === undefined ? [] : [one]
    })
  if (!isObject(value)) return value
  if (value.Ref === 'AWS::NoValue') return undefined
  const name = callOf(value)
  if (name !== undefined) return call(name, value[name], alone)
  return Object.fromEntries(
    Object.entries(value)
      .map(
        ([key, item]) => [key, resolve(item, /^(AWS|Federated)$/.test(key) ? principalOf : alone)] as const,
      )
      .filter(([, item]) => item !== undefined),
  )
}
