/**
 * Regions of AWS, by partition; those in the second list have to be enabled in an account first (AWS General
 * Reference, "AWS Regions"; AWS China and GovCloud user guides). New ones appear: what is not here may exist.
 */
const regions: Readonly<Record<string, { readonly always: string; readonly optIn: string }>> = {
  aws: {
    always:
      'us-east-1 us-east-2 us-west-1 us-west-2 ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3 eu-north-1 sa-east-1',
    optIn:
      'af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1',
  },
  'aws-cn': { always: 'cn-north-1 cn-northwest-1', optIn: '' },
  'aws-us-gov': { always: 'us-gov-east-1 us-gov-west-1', optIn: '' },
}

interface Region {
  readonly name: string
  readonly partition: string
  readonly optIn: boolean
}

const all: ReadonlyMap<string, Region> = new Map(
  Object.entries(regions).flatMap(([partition, { always, optIn }]) =>
    [always, optIn].flatMap((names, i) =>
      names
        .split(' ')
        .filter((name) => name !== '')
        .map((name) => [name, { name, partition, optIn: i === 1 }] as const),
    ),
  ),
)

export const regionNames: readonly string[] = [...all.keys()]

/** A region by its name; undefined when AWS has none that is known here. */
export const regionOf = (name: string): Region | undefined => all.get(name)
