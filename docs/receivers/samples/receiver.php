<?php
// A receiver of HAPP events with PHP 8 alone: HAPP_SIGNING_SECRET=whsec_... php -S 127.0.0.1:8080 receiver.php
// HAPP_PASSWORD, if set, must be the one entered in HAPP. Every new event becomes a line of the file HAPP_EVENTS.
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;
const SECRET = '~^whsec_(?:[A-Za-z0-9+/]{4}){10,}[A-Za-z0-9+/]{3}=$~D';

function header_value(string $name): string
{
    $key = 'HTTP_' . strtoupper(str_replace('-', '_', $name));
    return $_SERVER[$key] ?? '';
}

// Apache hides the header from PHP unless its rewrite rule hands it on.
function authorization(): string
{
    return $_SERVER['HTTP_AUTHORIZATION'] ?? $_SERVER['REDIRECT_HTTP_AUTHORIZATION'] ?? '';
}

// One of the signatures fits the bytes as they came, and was made in the last five minutes.
function signed_by_happ(string $secret, string $body): bool
{
    $stamp = header_value('webhook-timestamp');
    if (!ctype_digit($stamp) || abs(time() - (int) $stamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')), true);
    $signed = header_value('webhook-id') . ".$stamp.$body";
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    foreach (explode(' ', header_value('webhook-signature')) as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}

function answer(int $status): never
{
    http_response_code($status);
    exit;
}

// Keep the ids in your database instead: an event may come twice, with the same id. The lock keeps two requests apart.
// Whatever is thrown here is answered with 500, and HAPP sends the event again.
function keep(array $event): void
{
    $file = fopen(getenv('HAPP_EVENTS') ?: 'events.txt', 'c+');
    flock($file, LOCK_EX);
    if (!str_contains(stream_get_contents($file), $event['id'])) {
        $line = implode(' ', [$event['id'], $event['type'], $event['channel'] ?? '-', $event['sequence']]) . "\n";
        if (fwrite($file, $line) !== strlen($line) || !fsync($file)) {
            throw new RuntimeException('The event could not be written.');
        }
    }
    fclose($file);
}

ini_set('display_errors', '0'); // Else what PHP prints about an error is sent with status 200.
$secret = (string) getenv('HAPP_SIGNING_SECRET');
$password = (string) getenv('HAPP_PASSWORD');
$body = file_get_contents('php://input');
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(405);
}
if (!preg_match(SECRET, $secret)) { // An empty key would let forgeries in.
    error_log('HAPP_SIGNING_SECRET must be the signing secret as HAPP shows it: whsec_ and 44 characters.');
    answer(500);
}
if ($password !== '' && !hash_equals("Bearer $password", authorization())) {
    answer(401);
}
if (!signed_by_happ($secret, $body)) {
    answer(403);
}
keep(json_decode($body, true, flags: JSON_THROW_ON_ERROR));
answer(204);
