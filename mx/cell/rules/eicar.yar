// The EICAR test file: 68 octets that every scanner calls infected, wherever they stand.
rule eicar_test_file
{
    meta:
        name = "EICAR-Test-File"
        severity = "infected"
    strings:
        $eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        $eicar
}
