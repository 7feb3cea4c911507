using '../main.bicep'

param stage = 'test'
param plan = 'Premium'
param zoneRedundant = true
param allowedAddresses = ['203.0.113.0/24']
param entraClientId = '33333333-3333-3333-3333-333333333333'
param entraPrincipalIds = ['44444444-4444-4444-4444-444444444444']
param secretOfficerIds = ['55555555-5555-5555-5555-555555555555']
param existingNetwork = {
  appSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/app'
  endpointSubnetId: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints'
}
param immutabilityDays = 0
param backupSku = 'Standard_RAGRS'
param accessTier = 'Cool'
param coolAfterDays = 10
param coldAfterDays = 60
param archiveAfterDays = 180
param webhookUris = { pager: 'https://pager.example.com/hook' }
param emailAddresses = ['one@example.com', 'two@example.com']
param configuration = {
  Notifications: {
    chat: { Kind: 'Teams', UrlSecret: 'chat-url', On: ['Failed', 'Completed'] }
  }
}
param installations = {
  // Commands that no shell splits, patterns that look like lists, numbers and truth values.
  commands: {
    Endpoint: 'https://tfe1.example.com'
    TokenSecret: 'commands-token'
    PasswordSecret: 'commands-password'
    Schedule: '0 0 */6 * * *'
    SkipObjectStorage: true
    Retention: { KeepLast: 3, Daily: 7, Weekly: 4, Monthly: 12, Yearly: 2, Schedule: '0 0 4 * * *' }
    Restart: {
      Kind: 'Command'
      Stop: ['tfe', 'stop', '--wait']
      Status: ['tfe', 'status']
      Start: ['tfe', 'start']
      StoppedPattern: '[Ss]topped'
      RunningPattern: '{"State":"[Ss]tarted"}'
      Timeout: '00:20:00'
    }
    Drill: { Into: 'scratch', Schedule: '0 0 3 * * 0' }
    Health: { Url: 'https://tfe1.example.com/_health_check' }
  }
  byhand: {
    Endpoint: 'https://tfe2.example.com:8443'
    TokenSecret: 'byhand-token'
    PasswordSecret: 'byhand-password'
    Rpo: '2.00:00:00'
    Restart: { Kind: 'Manual' }
  }
  scratch: {
    Endpoint: 'https://tfe3.example.com'
    TokenSecret: 'scratch-token'
    PasswordSecret: 'scratch-password'
  }
}
