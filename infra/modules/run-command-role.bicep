metadata description = 'Lets the app start managed run commands on the machines of one resource group, and nothing else there.'

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Names the app in the role\'s name, which is unique in a tenant.')
param name string

// Not virtualMachines/runCommand/action, the older form: it has no time limit of its own, no protected parameters and no exit code.
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'run-command')
  properties: {
    roleName: 'tfe-backup run command (${name}, ${resourceGroup().name})'
    description: 'Starts, reads and removes managed run commands on virtual machines and scale set instances; nothing else.'
    type: 'CustomRole'
    permissions: [
      {
        actions: [
          'Microsoft.Compute/virtualMachines/read'
          'Microsoft.Compute/virtualMachines/runCommands/read'
          'Microsoft.Compute/virtualMachines/runCommands/write'
          'Microsoft.Compute/virtualMachines/runCommands/delete'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/read'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/write'
          'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommands/delete'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, identityName, role.id)
  properties: {
    description: 'tfe-backup restarts the application after a restore.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
