using '../main.bicep'

// A small one to try changes on: the sample installation, and a scratch one that drills restore into.

var machines = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/terraform-enterprise-test/providers/Microsoft.Compute'

param stage = 'test'

param installations = {
  sample: {
    Endpoint: 'https://tfe-test.example.com'
    TokenSecret: 'sample-token'
    PasswordSecret: 'sample-password'
    Schedule: '0 0 */6 * * *'
    Rpo: '12:00:00'
    Retention: { KeepLast: 4, Daily: 7 }
    Restart: {
      Kind: 'Systemd'
      Unit: 'terraform-enterprise.service'
      Via: 'RunCommand'
      VirtualMachine: '${machines}/virtualMachines/tfe-test'
    }
    Drill: { Into: 'scratch', Schedule: '0 0 3 * * 1' }
  }
  scratch: {
    Endpoint: 'https://tfe-scratch.example.com'
    TokenSecret: 'scratch-token'
    PasswordSecret: 'scratch-password'
    Restart: {
      Kind: 'Systemd'
      Unit: 'terraform-enterprise.service'
      Via: 'RunCommand'
      VirtualMachine: '${machines}/virtualMachines/tfe-scratch'
    }
  }
}

param immutabilityDays = 0
param softDeleteDays = 7
param coolAfterDays = 0
param telemetryDays = 30
param emailAddresses = ['tfe-backup-test@example.com']
