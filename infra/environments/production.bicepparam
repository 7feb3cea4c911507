using '../main.bicep'

// Two installations on virtual machines, backed up every six hours and drilled every week. Names and addresses are examples.

param stage = 'production'

param installations = {
  production: {
    Endpoint: 'https://tfe.example.com'
    TokenSecret: 'production-token'
    PasswordSecret: 'production-password'
    Schedule: '0 0 */6 * * *'
    Rpo: '08:00:00'
    Retention: { KeepLast: 8, Daily: 14, Weekly: 8, Monthly: 12 }
    Restart: { Kind: 'Manual' }
    Drill: { Into: 'scratch', Schedule: '0 0 3 * * 0' }
  }
  engineering: {
    Endpoint: 'https://tfe-engineering.example.com'
    TokenSecret: 'engineering-token'
    PasswordSecret: 'engineering-password'
    Schedule: '0 30 1 * * *'
    Rpo: '1.06:00:00'
    Retention: { Daily: 14, Weekly: 8, Monthly: 6 }
    Restart: { Kind: 'Manual' }
  }
  scratch: {
    Endpoint: 'https://tfe-scratch.example.com'
    TokenSecret: 'scratch-token'
    PasswordSecret: 'scratch-password'
    Restart: { Kind: 'Manual' }
  }
}

param alwaysReadyInstances = 1
param zoneRedundant = true
param backupSku = 'Standard_GZRS'
param immutabilityDays = 30
param softDeleteDays = 30
param coolAfterDays = 30
param coldAfterDays = 120
param peerNetworkIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/terraform-enterprise/providers/Microsoft.Network/virtualNetworks/terraform-enterprise'
]
param operatorAddresses = ['10.20.0.0/28']
param telemetryDays = 180
param emailAddresses = ['platform-on-call@example.com']
