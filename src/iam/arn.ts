import { beginsAlike, overlaps, within } from './pattern.js'

/** The five parts after `arn`. Only the resource may hold further colons. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

const partitions: readonly string[] = ['aws', 'aws-cn', 'aws-us-gov']

/** Leaves room for the rest of a session policy, which has 2,048 characters in all. */
const longest = 1_500

/** Splits an ARN, or a pattern of ARNs, at its first five colons; undefined when it has fewer. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition, service, region, account, ...resource] = text.split(':')
  if (arn !== 'arn' || partition === undefined || service === undefined) return undefined
  if (region === undefined || account === undefined || resource.length === 0) return undefined
  return { partition, service, region, account, resource: resource.join(':') }
}

/** Says in a sentence what is wrong with an ARN pattern of an ask or a ceiling, or undefined. */
export function arnFault(text: string): string | undefined {
  if (text === '*') return undefined
  if (text === '') return 'A resource is empty; write an ARN, or * for all.'
  if (text.length > longest) return `A resource is longer than ${longest} characters.`
  if (!/^[\x20-\x7e]+$/.test(text)) return 'A resource has a character that is not printable ASCII.'
  if (text.includes('${')) {
    return `${text} holds a policy variable, whose value is known only to AWS; write out what is meant.`
  }
  if (text !== text.trim()) return `"${text}" starts or ends with a space.`
  if (!text.startsWith('arn:')) return `${text} does not start with arn: (only * may stand alone).`
  const arn = parseArn(text)
  if (!arn) return `${text} has fewer than the six parts arn:partition:service:region:account:resource.`
  return partFault(text, arn)
}

function partFault(text: string, { partition, service, region, account, resource }: Arn): string | undefined {
  if (!partitions.includes(partition)) {
    return `${text} has "${partition}" for its partition; it must be ${partitions.join(', ')}.`
  }
  if (!/^[a-z0-9-]+$/.test(service)) {
    return `${text} must name its service in the third part, in lower case and without wildcards.`
  }
  if (/^[0-9]{12}$/.test(region))
    return `${text} has the account ${region} where the region belongs; the account comes after it.`
  if (!/^[a-z0-9*?-]*$/.test(region)) return `${text} has "${region}" for its region, which no region is.`
  if (/^[a-z]{2,4}(-[a-z]+)+-[0-9]$/.test(account))
    return `${text} has the region ${account} where the account belongs; the region comes before it.`
  if (!/^([0-9]{12}|[a-z-]*|[0-9*?]*[*?][0-9*?]*)$/.test(account)) {
    return `${text} has "${account}" for its account; an account has twelve digits.`
  }
  if (resource === '') return `${text} names no resource in its last part.`
  return undefined
}

/**
 * Whether every ARN of the pattern `inner` is provably one of `outer`, part by part. Taken as one text,
 * `arn:aws:sqs:*:1:jobs` would hold `arn:aws:sqs:eu-west-1:1:secrets:1:jobs`, yet AWS documents wildcards as
 * staying within the part they stand in (IAM user guide, "IAM JSON policy elements: Resource"). What holds
 * part by part holds for the text as a whole too, so this is sound whichever way AWS reads a pattern.
 */
export function arnWithin(inner: string, outer: string): boolean {
  if (outer === '*') return true
  if (!beginsAlike(inner, outer)) return false
  const a = parseArn(inner)
  const b = parseArn(outer)
  if (!a || !b) return false
  return (
    within(a.partition, b.partition) &&
    within(a.service, b.service) &&
    within(a.region, b.region) &&
    within(a.account, b.account) &&
    within(a.resource, b.resource)
  )
}

/** Whether some ARN may be matched by both patterns, part by part as AWS reads them; as texts where one is no ARN. */
export function arnOverlaps(a: string, b: string): boolean {
  const [one, other] = [parseArn(a), parseArn(b)]
  if (a === '*' || b === '*' || !one || !other) return overlaps(a, b)
  return (
    overlaps(one.partition, other.partition) &&
    overlaps(one.service, other.service) &&
    overlaps(one.region, other.region) &&
    overlaps(one.account, other.account) &&
    overlaps(one.resource, other.resource)
  )
}
