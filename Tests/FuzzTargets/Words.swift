/// Words of the languages that targets read.
enum Words {
    private static func list(_ text: String...) -> [[UInt8]] { text.map { Array($0.utf8) } }

    static let http: [[UInt8]] =
        list(
            "GET ", "POST ", "CONNECT ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n", "\r\n\r\n", "\n\n", "\r\n ", "Host: ", "Content-Length: ",
            "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n",
            "Content-Type: multipart/form-data; boundary=b\r\n", "--b\r\n", "--b--\r\n")
        + list(
            "Content-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n", ";ext=1\r\n",
            "Upgrade: h2c\r\n", "Connection: Upgrade\r\n", "Authorization: Basic YTpi\r\n", "Cookie: a=b\r\n",
            "Expect: 100-continue\r\n", "Range: bytes=0-1\r\n", "Content-Range: bytes 0-1/2\r\n", "%2e%2e/", "%u002f", "//", "/./", "\\")

    static let http2: [[UInt8]] =
        [[0, 0, 0, 4, 0, 0, 0, 0, 0], [0, 0, 4, 1, 4, 0, 0, 0, 1], [0, 0, 1, 0, 1, 0, 0, 0, 1], [0x82, 0x86, 0x84, 0x41]]
        + [[0x40], [0x3f, 0xe1, 0x1f], [0xff, 0xff, 0xff, 0xff, 0x0f], [0, 0, 4, 8, 0, 0, 0, 0, 0]]
        + list(":method", ":path", ":authority", ":status", "content-encoding", "content-length", "cookie", "trailer")

    static let webSocket: [[UInt8]] = [
        [0x81, 0x85], [0x01, 0x83], [0x80, 0x82], [0xc1, 0x86], [0x41, 0x84], [0x89, 0x80], [0x88, 0x82], [0x82, 0xfe, 0, 126],
        [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0], [0x37, 0xfa, 0x21, 0x3d], [0, 0, 0xff, 0xff],
    ]

    static let ssh: [[UInt8]] = list("SSH-2.0-", "SSH-1.99-", "\r\n", "none", "curve25519-sha256", ",")

    static let ftp: [[UInt8]] = list(
        "USER ", "PASS ", "RETR ", "STOR ", "PORT 198,18,0,2,10,1\r\n", "EPRT |1|198.18.0.2|2561|\r\n", "PASV\r\n", "EPSV\r\n",
        "AUTH TLS\r\n", "220 ", "220-", "227 Entering Passive Mode (198,18,0,3,10,1)\r\n", "229 ok (|||2561|)\r\n", "234 ok\r\n",
        "150 ", "226 ", "QUIT\r\n", "\r\n")

    static let mail: [[UInt8]] =
        list(
            "EHLO ", "MAIL FROM:<", "RCPT TO:<", "DATA\r\n", "RSET\r\n", "STARTTLS\r\n", "QUIT\r\n", "BDAT 10 LAST\r\n", "250 ok\r\n",
            "250-", "354 go\r\n", "554 no\r\n", "\r\n.\r\n", "..", "Subject: ", "MIME-Version: 1.0\r\n", "Content-Type: text/html\r\n",
            "Content-Type: multipart/mixed; boundary=\"q\"\r\n", "Content-Type: message/rfc822\r\n\r\n", "\r\n--q\r\n", "\r\n--q--\r\n")
        + list(
            "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n", "=\r\n", "=3D", "SGVsbG8=",
            "Content-Disposition: attachment; filename=\"a\"\r\n", "; filename*0*=utf-8''", "=?utf-8?B?YQ==?=", "http://a.example/")

    static let recognition: [[UInt8]] =
        http + ssh + ftp
        + list(
            "EHLO ", "MAIL FROM:<", "DATA\r\n", "STARTTLS\r\n", "RFB 003.008\n", "a1 LOGIN", "+OK", "* OK", "INVITE sip:",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Sec-WebSocket-Key: ", "Upgrade: websocket\r\n")

    static let rules: [[UInt8]] =
        list(
            "alert ", "drop ", "pass ", "reject ", "tcp ", "udp ", "http ", "dns ", "tls ", "ip ", "any any -> any any (",
            "$HOME_NET", "[198.18.0.0/15,!198.18.0.1]", "msg:\"", "content:\"", "content:!\"", "|0d 0a|", "nocase;", "depth:",
            "offset:", "distance:", "within:", "startswith;", "endswith;", "fast_pattern;", "fast_pattern:only;", "pcre:\"/", "/Ri\";")
        + list(
            "http.uri;", "http.header;", "http.request_body;", "file.data;", "dns.query;", "tls.sni;", "byte_test:4,>,1,0,relative;",
            "byte_jump:2,0,relative,multiplier 2,post_offset -1;", "byte_extract:1,0,x,relative;",
            "byte_math:bytes 1, offset 0, oper +, rvalue 1, result y;", "isdataat:!1,relative;", "base64_decode:bytes 8,relative;",
            "base64_data;", "flow:established,to_server;", "flowbits:set,a;", "flowint:a,+,1;", "xbits:set,a,track ip_src;",
            "threshold:type limit,track by_src,count 1,seconds 60;", "detection_filter:track by_src,count 1,seconds 1;",
            "dataset:isset,d,type string,load f;", "dsize:1<>9;", "bsize:>1;", "urilen:<>", "sid:1;", "rev:1;", "to_lowercase;")
        + list(
            "classtype:attempted-admin;", "reference:cve,2021-1;", "metadata:a b;", "app-layer-event:http.", "decode-event:",
            "stream-event:", "flags:S,CE;", "fragbits:M;", "ttl:>1;", "itype:8;", "ipopts:rr;", "geoip:any,AA;", "iprep:src,a,>,1;",
            "tag:session,1,seconds;", "xor:\"0a\";", "pcrexform:\"(a)\";", "url_decode;", "dotprefix;", "compress_whitespace;",
            "strip_whitespace;", "from_base64:bytes 4;", "luaxform:a;", "entropy:value > 1;", "lua:a.lua;", "requires:version >= 8;")

    static let files: [[UInt8]] = list(
        "suppress gen_id 1, sig_id 2, track by_src, ip 198.18.0.0/15", "threshold gen_id 1, sig_id 1, type limit, track by_src, ",
        "count 1, seconds 60", "event_filter ", "rate_filter ", "new_action drop", "timeout 30", "config classification: a,b c,1",
        "config reference: cve https://", "queues: ", "mode: prevent", "stream:", "memcap: 1gb", "action-order", "exploit", "benign")
}
