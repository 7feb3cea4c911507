Console.WriteLine("tfe-backup");
