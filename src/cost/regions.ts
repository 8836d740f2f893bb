/**
 * The regions that every commercial account has without asking (AWS Account Management guide, "Enable or disable AWS
 * Regions in your account", 2026-08): all that AWS launched before 2019-03-20, and Osaka.
 */
export const defaultRegions: readonly string[] = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
]
