/// How often short strings turn up in what hosts send each other, from how often one byte follows another.
///
/// Trained on HTTP traffic of a web server that serves this project's sources and documents, with a seventh of machine
/// code for what is binary. It decides how fast texts are read, never what is found in them.
public enum GramFrequency {
    /// Share of a text's places where these bytes, in lower case, stand.
    public static func of(_ bytes: ArraySlice<UInt8>) -> Double {
        guard let first = bytes.first else { return 1 }
        var bits = Int(logarithms[Int(classes[Int(first)])])
        for place in bytes.indices.dropFirst() { bits += bitsAfterOthers(bytes, place) }
        return shares[min(bits, shares.count - 1)]
    }

    /// Where the rarest `length` bytes in a row of `bytes` begin (0 when there are fewer), and how rare they are: minus
    /// the binary logarithm of their share of a text's places.
    public static func rarestWindow(of bytes: [UInt8], length: Int) -> (offset: Int, bits: Int) {
        guard length > 0, !bytes.isEmpty else { return (0, 0) }
        // Of each byte after those before it, up to and with each place.
        var sums = [0]
        sums.reserveCapacity(bytes.count)
        for place in bytes.indices.dropFirst() { sums.append(sums[place - 1] + bitsAfterOthers(bytes[...], place)) }
        var best = (offset: 0, bits: -1)
        for offset in 0...max(bytes.count - length, 0) {
            let last = min(offset + length, bytes.count) - 1
            let bits = Int(logarithms[Int(classes[Int(bytes[offset])])]) + sums[last] - sums[offset]
            // Of equals the last: what is said of everything comes first.
            if bits >= best.bits { best = (offset, bits) }
        }
        return best
    }

    /// Of the byte at `place` after those before it.
    @inline(__always)
    private static func bitsAfterOthers(_ bytes: ArraySlice<UInt8>, _ place: Int) -> Int {
        if place - bytes.startIndex >= 3 {
            let hash = Phrases.hash(bytes[place - 3], bytes[place - 2], bytes[place - 1], bytes[place])
            if phrases.contains(hash) { return 0 }
        }
        return Int(logarithms[(Int(classes[Int(bytes[place - 1])]) + 1) * classCount + Int(classes[Int(bytes[place])])])
    }

    private static let phrases = Phrases()

    private static let classCount = 64

    /// Letters in either case, one for all digits, one for each of the other signs of ASCII, few for the rest.
    private static let classes: [UInt8] = {
        var signs: UInt8 = 35
        return (0...255).map { (byte: UInt8) -> UInt8 in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): return byte - UInt8(ascii: "a")
            case UInt8(ascii: "0")...UInt8(ascii: "9"): return 26
            case UInt8(ascii: " "): return 27
            case 0x0d: return 28
            case 0x0a: return 29
            case 0x09: return 30
            case 0: return 31
            case 1..<0x20, 0x7f: return 32
            case 0x80..<0xc0: return 33
            case 0xc0...: return 34
            default:
                defer { if signs < 63 { signs += 1 } }
                return signs
            }
        }
    }()

    private static let shares: [Double] = (0..<128).map { (bits: Int) -> Double in 1 / Double(UInt128(1) << UInt128(bits)) }

    /// Minus the binary logarithm of a class's share, and behind it a row for each class: of the share of each class
    /// among what follows. A class of several bytes stands for one of them.
    private static let logarithms: [UInt8] = table.utf8.map { digit in
        digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }

    private static let table = """
        5756477659857456a55467887a7376b6abbb5b7bab889a686759989aa9a9b9a8\
        7645a84b6e8553d6c324887a7eb7ecdcccdbaeeefcbbfcb7b9bceeefee8888df\
        5a694ab964b3ab4ab67a5bba2b68aacaabbc8bcccc89cc8a7a9ccccbc8cbcaac\
        2c584bc68d539b28d8946adb9dc5dcedceeeaedddeacedbdabcdeeeebeddebce\
        499639693bb89657c55989bc6ca467c7bcca6b3ccb56cb6a6b4a6c6adab9c69d\
        6945669a9ad663a5834487958eb467e9deed3fe9ab77e85b6b59f979dbdaf8ae\
        498943a83bb4b83985654ba99b94babb9bbc9cbc7d88dc9a4b86dcccaacbc9ac\
        7a9b2b873bb83679b6634bba87b5c8cbaccc8ccccb77cd7a874cc899aac8d89d\
        5caa4bc76cb89b4ad6938dccac86ca89a7ab9cdddd97db9b9b58daeccadbebbd\
        8925556a9cb56236c554c5d9d8abddbdc9ccbddeeed9ecdcc89aeefedddeebce\
        59892997788887698928499989a7aa9799aa9aa9aa9a999a99aaaaaba9aaaaaa\
        789a1a985aa89558a8578a999aa537ba9aba8bb6b977bb7a6a69bbba99a9b89b\
        4ba616ab3da6ba49cb5569bc7ca668bcb9dc9d5ddc88ec8a9589cd69ecdceabe\
        45882ba95bb46843aa636bbabb96da87a9cb9ccccb77cc877b8accbbccdbcaad\
        6b65574b7c89b639cb5278b68dd378fddeef3effab88fd8b785ce9ecddbbfabe\
        8765978b9d666236e4532569d9e8ecfddeefbeefffbcffcdb9aefffddfefe9de\
        3a7a39b66c949a44c46357bb9cb589c8adcd8ddcdc78dd757375cddbbbdae89d\
        7988888789878887988829888997a9a8899a7aaa9a899aa97a99a3a99a9a9999\
        4975387a4d757549c65255ac6dd4e9ddcedd7dddbb77dc756a5bde6bdb9ae9ad\
        6a7938a65c989836a8537b7c8dd268eddeef7eeedc68d97b565bdcdbc7dbe9ae\
        597a29b43cc76b65c5655cac6c9468cdbeec4c6cab67cc75775799c7dbdad9ae\
        557737aa5cc562a6b445abc8bcc2baa9bdccbcccccbcccccdccdcccdcdccddcd\
        2aaa1ab86aa8aa9aaa7baaa9ba82cbcbaccbacbccc9bbbbbba6bcbccbcbbcabc\
        379948933a968548a547a659aaa4a7ba9baa8babb977ab86666abbb99caab88b\
        796987457bb78ba5baa3aba2aa75b9b79bbb8cbcbb67bb87837bcbcab9a6b99b\
        99aa6ab99ba69713b973ba7babc4c9cbcccb8ccdbb67dc7b7b6acc6acbb9c89c\
        78883887288678788848888887989a9889997989999a998988a8998a99889799\
        76aaa9c79bc9abbbccbb9cb8cc5348d9ccbc7dad9d87dc3939589d8bcbb7d8bb\
        4647766669867566a645877a5b71fffbeff96aad8c8c79f877aff6a9a8acd987\
        bccdccc8bccacccdccccccbcccdee0e9ddddedddeddeddeddddedddddedddded\
        4d355a747ed5c8c8e7585dc6ddb245e9deeeeacefeefdefcf7ee4eefbdfeeea8\
        688778845986779997887879887999949979999a99999aaaa9a8a9a99999a9a9\
        6bb988e35ab57bcbec977ccdbeba9bc1abaeedeededdefcddfdcdddea9eefdfe\
        6886778358856889978769799999a993899aaa6aaa98aaaaaaaaaaaa88aaaaaa\
        8875777688767777887688888898998589899949998999899998899989899997\
        6876768458856887888578788898998589889999998999999999999979999999\
        776376855786787697678788999aaa969a8a6a79b98999aaaaa9b3a999a99a99\
        2a39aab98dd9a3bac989bcccdca979fcfffc9bdedbe7dd6aaa2afedefd99fdf5\
        788727856886788786978778889498a79999568a9997a9599999a99998989989\
        8cc9aac47bc79bb4bbb9abc5cb74ccc6799cbd8ccc5bdcacccccadcc5cacdd5b\
        7888878678877888887878787855899599998a889999999a8999a99999a899a9\
        2a5998967a92899995499a999abaaab7aaabbaaaabaabbbababcbbabababcaca\
        7878777568867778872587888894a8a699985998898999898987a899a85899a9\
        555565845975656585456776ab9cb6b6acca487c8c84cccc5cdcccd8b67cd48b\
        bbb7bac89bb9bbbbccbbbbbbbcc2d2cabcac6dddd894b74b5869ccc7d996ccac\
        9aa9999789a9899a9a99a99a9ab51ab9bbbc9abbcbaa7bbaa19bbabcbbaacb8b\
        8384889678878749988498899972a9d8aaaa7b9aaa489a9abaaaa3aaab9baa9a\
        cdc8dcebbedccddceccbddddddc2e6fceeee1eafceddeeeefdeefedfdedefff4\
        2879569988b3398894837b7abb76ccd9cccd9cddccccbbc6ecccc94cccbcddba\
        5756669559a766769555687cad48e5ecaeee9eed7dcebeec6ceefeefddc9fddd\
        665887b486ba6944b885a9a7cd54dadcdddd7eecdcbc4dddb3ccecdcecadcdbd\
        cdbcbcdbbeeccdddedccedceee51f8fdfffd3efeeffeeffef8bfffefe9abefde\
        886777756697788746675889a991c7b7aabc7baa4a9685a7bbaaa58baa9aaaa9\
        a54aaaa38aa99aa5aaa4a8babbaabba9abb5bb5abbacbbbba1babcbb9bbbbbbb\
        abb5bab966aabab5bbbabaaaab71c8b7bccd9cbbcbcbcebbbbccc3bcbcbccccb\
        9bbaaab78aa895bab858abbabb7323c7bbbb9cbbbb87bd6c8cac3678bcbadcab\
        895999a679a789aa4aaa9a99a952a5a6abab9ababa86ca7a4a6aaa95a899abba\
        788887a359956968a9748a98a9859993799aaaa9ca7b9aabaaaaabaa88aab99a\
        37767797497786759747389aaa7ac6caabaa4a8bbb6bab9a5b7bcbcbb6a48ab7\
        389898988a999499a479899799aba898aaab693a993aa8a957b9aaa8a879aa99\
        4aaaa9a89a999a9aaaa9aaaabaa2b3b8ab9c8abba9639a4b4a9bbba6a7a6bb87\
        188888968988898788888888889598a8998a88a9998a9999a89987a88977aa89\
        565666854985566585457678aa72cbb9bbac9bcccca8ab8bbbabcbbcbec4c8ab\
        666565845895668686557898a993b7a68aa9a97a99a6aa475877bbaba89bb96a\
        bbbbbbb8abbabbb7bbbbbbbabbb4c3c8bccc2c49cb99cc29accccaccaca8cca9
        """
}
