// Odd enough to be marked, not certain enough to be refused.

rule executable_with_double_extension
{
    meta:
        name = "Suspicious.DoubleExtension"
        severity = "suspicious"
    condition:
        artifact_name matches /\.(pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|txt|rtf|html?|zip|mp[34]|csv)[ _]*\.(exe|scr|com|pif|bat|cmd|vbs|vbe|jse?|wsf|hta|lnk|msi|ps1|jar|cpl)$/i
}

rule executable_behind_a_text_name
{
    meta:
        name = "Suspicious.DisguisedExecutable"
        severity = "suspicious"
    condition:
        uint16(0) == 0x5A4D and filesize > 128 and uint32(0x3C) < filesize and uint32(uint32(0x3C)) == 0x00004550
        and artifact_name matches /\.(pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|txt|rtf|html?|zip|csv)$/i
}

rule script_that_downloads_and_runs
{
    meta:
        name = "Suspicious.ScriptDownloader"
        severity = "suspicious"
    strings:
        $shell = "WScript.Shell" nocase
        $http1 = "MSXML2.XMLHTTP" nocase
        $http2 = "MSXML2.ServerXMLHTTP" nocase
        $http3 = "WinHttp.WinHttpRequest" nocase
        $stream = "ADODB.Stream" nocase
        $save = "SaveToFile" nocase
    condition:
        $shell and $stream and $save and any of ($http*) and filesize < 1MB
        and artifact_name matches /\.(vb[se]|jse?|ws[fh]|hta)$/i
}

rule powershell_that_hides_and_downloads
{
    meta:
        name = "Suspicious.PowerShellDownloader"
        severity = "suspicious"
    strings:
        $powershell = "powershell" nocase
        $hidden = /-w(in(dowstyle)?)?\s{1,4}hidden/ nocase
        $encoded = /-e(nc(odedcommand)?)?\s{1,4}[A-Za-z0-9+\/]{80}/ nocase
        $download1 = "DownloadString(" nocase
        $download2 = "DownloadFile(" nocase
    condition:
        $powershell and $hidden and ($encoded or any of ($download*)) and filesize < 1MB
        and artifact_name matches /\.(bat|cmd|ps1|vb[se]|jse?|ws[fh]|hta|lnk)$/i
}
