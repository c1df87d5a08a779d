package org.wardkey.app.hybrid.host

import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.wardkey.app.hybrid.TunnelAccess
import java.io.File
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers

/** The project's tunnel service and sandbox, and a phone that is the app's own driver. */
internal class Town(private val folder: File) : AutoCloseable {
    val state = File(folder, "phone")
    private val root = File(folder, "root.pem").apply { writeText(printedBy(Child.hostPhone(*phoneRoot()))) }
    private val services = listOf("--listen", "127.0.0.1:0", "--authority", File(folder, "authority").path)
    private val sandbox = Child.wardkey("--json", "sandbox", *services.toTypedArray(), "--trust", root.path)
    private val origin = ready(sandbox).getString("origin")
    var tunnel = Child.wardkey("--json", "tunnel", *services.toTypedArray())
        private set
    private var tunnelReady = ready(tunnel)
    private val certificate = File(tunnelReady.getString("certificate"))
    private val page = HttpClient.newBuilder().sslContext(contextTrusting(certificate)).build()

    /** What the sandbox asks of a browser. */
    class Challenge(val session: Any, val options: JSONObject)

    /** How many keys the phone holds. */
    val keys: Int get() = File(state, "keys").listFiles().orEmpty().size

    fun challenge(what: String): Challenge {
        val asked = JSONObject()
        if (what == REGISTER) asked.put("userName", "clinician@example.org")
        val answer = post("$what/options", asked)
        return Challenge(answer.get("session"), answer.getJSONObject("publicKey"))
    }

    /** Has the sandbox verify what the workstation printed; it must agree. */
    fun verify(what: String, challenge: Challenge, credential: String): JSONObject {
        val answer = JSONObject().put("session", challenge.session).put("credential", JSONObject(credential))
        return post("$what/verify", answer)
    }

    fun workstation(what: String, challenge: Challenge): Child {
        val options = File(folder, "options.json").apply { writeText(challenge.options.toString()) }
        val command = if (what == REGISTER) "create" else "get"
        return Child.wardkey(
            "--json", "workstation", command, "--options", options.path, "--origin", origin, *network(),
        )
    }

    fun phone(code: String, user: Behaviour, vararg network: String = network()) =
        Child.hostPhone(
            "phone", "scan", code, "--state", state.path, "--user", user.word, "--patience", "1", *network,
        )

    fun network(tunnel: String = tunnelReady.getString("listening"), authority: File = certificate) =
        arrayOf("--radio", "lines", "--tunnel", tunnel, "--ca", authority.path)

    /** Where the tunnel service listens. */
    val port: Int get() = tunnelReady.getString("listening").substringAfterLast(':').toInt()

    /** The way to the tunnel service from this process. */
    fun access() = TunnelAccess(InetSocketAddress("127.0.0.1", port), trustOnly(certificate))

    /** A new tunnel service after the old one died. */
    fun rebuildTunnel() {
        tunnel = Child.wardkey("--json", "tunnel", *services.toTypedArray())
        tunnelReady = ready(tunnel)
    }

    /** A ceremony from the page's request to the page's answer; returns what the sandbox verified. */
    fun play(what: String): JSONObject {
        val challenge = challenge(what)
        val workstation = workstation(what, challenge)
        val phone = phone(code(workstation), Behaviour.APPROVE)
        val printed = meet(phone, workstation)
        assertEquals(phone.words(), 0, phone.end())
        assertEquals(listOf(if (what == REGISTER) "Passkey created." else "Signed in."), printed)
        val credential = checkNotNull(workstation.prints()) { workstation.words() }
        assertEquals(workstation.words(), 0, workstation.end())
        return verify(what, challenge, credential)
    }

    /** Lets the workstation hear the phone to its end; returns what else the phone printed. */
    fun meet(phone: Child, workstation: Child): List<String> =
        generateSequence { phone.prints() }.filterNot { overheard(it, workstation) }.toList()

    /** Lets the workstation hear the phone's advert, and the phone go on. */
    fun introduce(phone: Child, workstation: Child) {
        val line = checkNotNull(phone.prints()) { phone.words() }
        check(overheard(line, workstation)) { line }
    }

    private fun overheard(line: String, workstation: Child): Boolean {
        val isAdvert = line == "STOP" || line.startsWith("ADVERT ")
        if (isAdvert) workstation.hears(line)
        return isAdvert
    }

    private fun post(path: String, body: JSONObject): JSONObject {
        val request = HttpRequest.newBuilder(URI("$origin/$path")).header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())).build()
        val response = page.send(request, BodyHandlers.ofString())
        assertEquals(response.body(), 200, response.statusCode())
        return JSONObject(response.body())
    }

    private fun phoneRoot() = arrayOf("phone", "root", "--state", state.path)

    private fun printedBy(child: Child): String {
        val lines = generateSequence { child.prints() }.joinToString("\n")
        assertEquals(child.words(), 0, child.end())
        return lines
    }

    private fun ready(service: Child) = JSONObject(checkNotNull(service.prints()) { service.words() })

    override fun close() = listOf(sandbox, tunnel).forEach(Child::close)

    companion object {
        const val REGISTER = "register"
        const val SIGN_IN = "signin"

        /** The code that a workstation shows. */
        fun code(workstation: Child): String =
            checkNotNull(Regex("FIDO:/[0-9]+").find(workstation.tells("FIDO:/"))).value
    }
}
