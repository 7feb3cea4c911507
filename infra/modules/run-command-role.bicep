metadata description = 'Lets the app start managed run commands on machines of one resource group, and nothing else there.'

@description('Name of the app\'s identity.')
param identityName string

@description('Object id of the app\'s identity.')
param principalId string

@description('Names the app in the role\'s name, which is unique in a tenant.')
param name string

@description('Ids of the machines and scale sets, all in this resource group.')
param machines string[]

var virtualMachines = map(filter(machines, id => contains(toLower(id), '/virtualmachines/')), id => last(split(id, '/')))
var hasScaleSets = length(virtualMachines) < length(machines)

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
          'Microsoft.Compute/virtualMachineScaleSets/read'
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

resource machine 'Microsoft.Compute/virtualMachines@2024-07-01' existing = [
  for virtualMachine in virtualMachines: {
    name: virtualMachine
  }
]

resource machineAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (virtualMachine, index) in virtualMachines: {
    name: guid(machine[index].id, identityName, role.id)
    scope: machine[index]
    properties: {
      description: 'tfe-backup restarts the application after a restore.'
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: role.id
    }
  }
]

// The instances of a flexible scale set are machines of the resource group, with names that nobody knows beforehand.
resource groupAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasScaleSets) {
  name: guid(resourceGroup().id, identityName, role.id)
  properties: {
    description: 'tfe-backup restarts the application after a restore.'
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
