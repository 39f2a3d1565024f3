"""What every room stands on and knows no gear: settings, clock, database, errors, ids, paging, languages, pages."""
