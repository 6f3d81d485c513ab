# Perl's MIME::Parser as a filter: messages in, the decoded bodies of all parts out.
#
# Each message comes as a line with its octets' number, then the octets. Each answer is one line of JSON: a list of
# {"kind": "attachment" | "text" | "html", "octets": base64}, or {"error": text}.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use MIME::Parser;

binmode STDIN;
$| = 1;

sub leaves {
    my ($entity, $found) = @_;
    my @parts = $entity->parts;
    if (@parts) {
        leaves($_, $found) for @parts;
        return;
    }
    my $body = $entity->bodyhandle or return;
    my $octets = $body->as_string;
    my $type = $entity->effective_type || '';
    my $kind = $type eq 'text/html' ? 'html' : $type =~ m{^(?:text/plain|multipart/)} ? 'text' : 'attachment';
    push @$found, sprintf '{"kind":"%s","octets":"%s"}', $kind, encode_base64($octets, '');
}

while (defined(my $line = <STDIN>)) {
    my $octets = '';
    read STDIN, $octets, $line + 0;
    my $parser = MIME::Parser->new;
    $parser->output_to_core(1);
    $parser->tmp_to_core(1);
    $parser->extract_nested_messages('NEST');
    my @found;
    my $entity = eval { local $SIG{__WARN__} = sub { }; $parser->parse_data($octets) };
    if ($entity) {
        leaves($entity, \@found);
        print '[', join(',', @found), "]\n";
    }
    else {
        print "{\"error\":\"no entity\"}\n";
    }
}
