using '../main.bicep'

// Two installations on virtual machines and one on services of Azure alone, backed up every six hours or every night; the first is drilled
// every week. Names, addresses and ids are examples.

var machines = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/terraform-enterprise/providers/Microsoft.Compute'
var data = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/terraform-enterprise-data/providers'

param stage = 'production'

param installations = {
  production: {
    Endpoint: 'https://tfe.example.com'
    TokenSecret: 'production-token'
    PasswordSecret: 'production-password'
    Schedule: '0 0 */6 * * *'
    Rpo: '08:00:00'
    Retention: { KeepLast: 8, Daily: 14, Weekly: 8, Monthly: 12 }
    Restart: {
      Kind: 'DockerCompose'
      File: '/etc/terraform-enterprise/compose.yaml'
      Service: 'tfe'
      Via: 'RunCommand'
      VirtualMachine: '${machines}/virtualMachines/tfe-production'
    }
    Drill: { Into: 'scratch', Schedule: '0 0 3 * * 0' }
  }
  engineering: {
    Endpoint: 'https://tfe-engineering.example.com'
    TokenSecret: 'engineering-token'
    PasswordSecret: 'engineering-password'
    Schedule: '0 30 1 * * *'
    Rpo: '1.06:00:00'
    Retention: { Daily: 14, Weekly: 8, Monthly: 6 }
    Restart: { Kind: 'Replicated', Via: 'RunCommand', VirtualMachine: '${machines}/virtualMachines/tfe-engineering' }
  }
  // No service stands beside it: the app connects to its database, objects and Vault by itself.
  research: {
    Mode: 'Direct'
    PasswordSecret: 'research-password'
    Schedule: '0 0 2 * * *'
    Rpo: '1.06:00:00'
    Retention: { Daily: 14, Weekly: 8 }
    Direct: {
      Postgres: 'Host=tfe-research.postgres.database.azure.com;Database=tfe;Username=id-tfebackup-production;SSL Mode=VerifyFull'
      PostgresEntra: true
      ObjectStore: { Kind: 'AzureBlob', ServiceUri: 'https://tferesearch.blob.core.windows.net', Container: 'objects' }
      Vault: { Address: 'https://vault.example.com:8200', TokenSecret: 'research-vault-token', App: 'atlas' }
    }
    Health: { Url: 'https://tfe-research.example.com/api/v1/health/readiness' }
  }
  // Nobody is awake when a drill has restored into it: it is restarted without anybody.
  scratch: {
    Endpoint: 'https://tfe-scratch.example.com'
    TokenSecret: 'scratch-token'
    PasswordSecret: 'scratch-password'
    Restart: {
      Kind: 'DockerCompose'
      File: '/etc/terraform-enterprise/compose.yaml'
      Service: 'tfe'
      Via: 'RunCommand'
      VirtualMachine: '${machines}/virtualMachines/tfe-scratch'
    }
  }
}

param directServices = {
  containers: [{ accountId: '${data}/Microsoft.Storage/storageAccounts/tferesearch', name: 'objects' }]
  postgresServerIds: ['${data}/Microsoft.DBforPostgreSQL/flexibleServers/tfe-research']
}

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
param privateTelemetry = true
param telemetryDays = 180
param emailAddresses = ['platform-on-call@example.com']
