<?php
// A receiver of HAPP events with PHP 8 alone: HAPP_SIGNING_SECRET=whsec_... php -S 127.0.0.1:8080 receiver.php
// HAPP_PASSWORD, if set, must be the one entered in HAPP. Every new event becomes a line of the file HAPP_EVENTS.
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;

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
function keep(array $event): void
{
    $file = fopen(getenv('HAPP_EVENTS') ?: 'events.txt', 'c+');
    flock($file, LOCK_EX);
    if (!str_contains(stream_get_contents($file), $event['id'])) {
        $line = [$event['id'], $event['type'], $event['channel'] ?? '-', $event['sequence']];
        fwrite($file, implode(' ', $line) . "\n");
    }
    fclose($file);
}

$password = getenv('HAPP_PASSWORD');
$body = file_get_contents('php://input');
if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    answer(405);
}
if ($password && !hash_equals("Bearer $password", authorization())) {
    answer(401);
}
if (!signed_by_happ((string) getenv('HAPP_SIGNING_SECRET'), $body)) {
    answer(403);
}
keep(json_decode($body, true, flags: JSON_THROW_ON_ERROR));
answer(204);
