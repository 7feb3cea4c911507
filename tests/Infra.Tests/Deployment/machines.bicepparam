using '../main.bicep'

// Three installations on machines of two resource groups, one of them in another subscription, and two in one AKS cluster.

param stage = 'test'
param emailAddresses = []
param installations = {
  one: {
    Endpoint: 'https://tfe1.example.com'
    TokenSecret: 'one-token'
    PasswordSecret: 'one-password'
    Restart: {
      Kind: 'Replicated'
      Via: 'RunCommand'
      VirtualMachine: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/machines/providers/Microsoft.Compute/virtualMachines/tfe1'
    }
  }
  two: {
    Endpoint: 'https://tfe2.example.com'
    TokenSecret: 'two-token'
    PasswordSecret: 'two-password'
    Restart: {
      Kind: 'Replicated'
      Via: 'RunCommand'
      VirtualMachine: '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/machines/providers/Microsoft.Compute/virtualMachines/tfe2'
    }
  }
  three: {
    Endpoint: 'https://tfe3.example.com'
    TokenSecret: 'three-token'
    PasswordSecret: 'three-password'
    Restart: {
      Kind: 'Replicated'
      Via: 'RunCommand'
      ScaleSet: '/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/cluster/providers/Microsoft.Compute/virtualMachineScaleSets/tfe3'
    }
  }
  four: {
    Endpoint: 'https://tfefour.example.com'
    TokenSecret: 'four-token'
    PasswordSecret: 'four-password'
    Restart: {
      Kind: 'Aks'
      Cluster: '/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/kubernetes/providers/Microsoft.ContainerService/managedClusters/tfe'
      Namespace: 'four'
    }
  }
  five: {
    Endpoint: 'https://tfefive.example.com'
    TokenSecret: 'five-token'
    PasswordSecret: 'five-password'
    Restart: {
      Kind: 'Aks'
      Cluster: '/subscriptions/66666666-6666-6666-6666-666666666666/resourceGroups/kubernetes/providers/Microsoft.ContainerService/managedClusters/tfe'
      Namespace: 'five'
    }
  }
}
